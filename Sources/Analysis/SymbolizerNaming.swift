// Names of captured stacks from the symbols of the modules that the process had loaded.

import CPollscopeLayout
import Sessions
import Symbols

extension Symbolizer {
    public convenience init(modules: [LoadedModule], debugDirectories: [String] = []) {
        self.init(modules: modules, sharing: SharedModuleFiles(debugDirectories: debugDirectories))
    }

    /// Shares what it opens with the other symbolizers of `shared`, which must all be used on one thread.
    /// - Parameter root: the folder that is / for the process whose modules they are.
    public convenience init(modules: [LoadedModule], sharing shared: SharedModuleFiles, root: String = "") {
        self.init(
            modules: modules.map {
                ModuleImage(
                    path: $0.path.hasPrefix("/") ? root + $0.path : $0.path, buildID: $0.buildID, loadBias: $0.loadBias,
                    start: $0.start, end: $0.end)
            },
            sharing: shared)
    }

    /// The site and the frames of a stack; of an actor's drain, the actor's type.
    public func name(_ stack: AsyncStack) -> NamedStack {
        guard let first = stack.frames.first else { return NamedStack(site: site(of: []), frames: []) }
        switch UInt32(stack.kind) {
        case POLLSCOPE_STACK_ACTOR.rawValue: return actor(first)
        case POLLSCOPE_STACK_START.rawValue:
            let frames = frames(ofStart: first, captured: stack.frames.dropFirst())
            return NamedStack(site: site(of: frames), frames: frames)
        case POLLSCOPE_STACK_NATIVE.rawValue:
            let frames = stack.frames.flatMap(codeFrames(atReturnAddress:))
            return NamedStack(site: site(of: frames), frames: frames)
        default:
            let frames = frames(ofStack: stack.frames)
            return NamedStack(site: site(of: frames), frames: frames)
        }
    }

    private func actor(_ metadata: UInt64) -> NamedStack {
        // Metadata of generic types is made at run time: no symbol has its address.
        let actor = "actor \(typeName(ofMetadata: metadata) ?? "0x" + String(metadata, radix: 16))"
        return NamedStack(
            site: Site(function: actor, awaitPoint: nil, file: nil, line: nil, task: actor, origin: .user),
            frames: [])
    }
}
