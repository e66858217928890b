// Scenarios of a service that has too much to do, or of which a part stands still.

import Glibc

let loadScenarios: [String: @Sendable ([Int]) async -> Void] = [
    "lost-reply": { await lostReply(among: $0[0]) },
    "task-explosion": { await taskExplosion(children: $0[0], milliseconds: $0[1]) },
]

/// Tasks that wait for a reply at one place. All get theirs but one; then `ready`.
private func lostReply(among count: Int) async {
    await withTaskGroup(of: Void.self) { group in
        group.addTask(name: "unlucky") { await reply(comes: false) }
        for _ in 0..<count { group.addTask { await reply(comes: true) } }
        for _ in 0..<count { await group.next() }
        expectSite("reply(comes:)", awaitPoint: 1, line: replyLine, polls: count)
        Suspended.waitUntilOthersSleep()
        say("ready")
        await group.waitForAll()
    }
}

private let replyLine = #line + 2
@inline(never) private func reply(comes: Bool) async {
    await withUnsafeContinuation { continuation in
        if comes { resumeOnceSuspended { continuation.resume() } }
    }
}

/// A group with a child for each of many things to do, all at once.
private func taskExplosion(children: Int, milliseconds: Int) async {
    await nap()
    await fanOut(children: children, milliseconds: milliseconds)
    say("children \(children)")
}

@inline(never) private func fanOut(children: Int, milliseconds: Int) async {
    await withTaskGroup(of: Void.self) { group in
        for _ in 0..<children { group.addTask { await child(milliseconds: milliseconds) } }
    }
}

@inline(never) private func child(milliseconds: Int) async {
    try? await Task.sleep(for: .milliseconds(milliseconds))
}
