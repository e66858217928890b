// Scenarios in which the host does what hosts do: threads that come and go, fork, exec, running for ever.

import Glibc

/// Threads that each enqueue a task and end.
func threads(count: Int) async {
    let done = Counter()
    for start in stride(from: 0, to: count, by: 100) {
        for _ in start..<min(count, start + 100) {
            OutsideThread.run { _ = Task.detached { done.add() } }
        }
        while done.load() < min(count, start + 100) { await nap() }
    }
    expectSite("closure 1 in closure 1 in threads(count:)", awaitPoint: 0, line: 0, polls: count)
}

/// The Swift overlay does not import fork: it is for programs that know what they do, as this one does.
@_silgen_name("fork") private func fork() -> Int32

/// Children that leave by _exit in the middle of a poll, and children that return from it.
func forkWithoutExec(children: Int) async {
    for number in 0..<children {
        let pid = fork()
        if pid == 0 {
            // What a child of a threaded process may do: little. It must not write into its parent's session.
            if number % 2 == 0 { _exit(7) }
            exit(7)
        }
        var status: Int32 = 0
        precondition(waitpid(pid, &status, 0) == pid)
        precondition((status >> 8) & 0xFF == 7, "child ended with status \(status)")
        await yielding(1)
    }
    expectMost("yielding(_:)", awaitPoint: 1, line: yieldingLine, polls: children)
    expectKind("yield", polls: children)
}

func forkAndExec(children: Int) async {
    for _ in 0..<children {
        let pid = fork()
        if pid == 0 {
            // execl and its kin are variadic; execv is not.
            var arguments: [UnsafeMutablePointer<CChar>?] = [strdup("true"), nil]
            execv("/bin/true", &arguments)
            _exit(1)
        }
        var status: Int32 = 0
        precondition(waitpid(pid, &status, 0) == pid && status == 0)
        await yielding(1)
    }
    expectMost("yielding(_:)", awaitPoint: 1, line: yieldingLine, polls: children)
    expectKind("yield", polls: children)
}

/// Goes on as another program, in the same process.
func become() {
    var arguments: [UnsafeMutablePointer<CChar>?] = [strdup("sleep"), strdup("60"), nil]
    execv("/bin/sleep", &arguments)
    exit(1)
}

/// Runs until it is killed: yields, sleeps, and a poll of 20 ms now and then.
func forever() async {
    say("running")
    await withTaskGroup(of: Void.self) { group in
        for _ in 0..<4 {
            group.addTask {
                while true {
                    await yielding(20)
                    await sleeping(1, milliseconds: 10)
                }
            }
        }
        group.addTask {
            while true {
                _ = await spinning(20)
                await sleeping(1, milliseconds: 100)
            }
        }
    }
}

/// One task that computes and never suspends.
func stuck() async {
    say("running")
    await Task.detached { await neverSuspends() }.value
}

@Sendable func neverSuspends() async {
    await onMain(0)
    while sleepCalled.value == 0 {}
}
