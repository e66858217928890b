// A named frame: what one address is in the words of the source.

/// Whose code a frame is.
public enum CodeOrigin: Sendable {
    /// The service's own code.
    case user
    /// A dependency: a checked-out package, or a shared library that is not the runtime's.
    case dependency
    /// Swift's runtime and standard libraries, libc, the compiler's own thunks, and Pollscope.
    case runtime
}

/// One function, real or inlined, at one address.
public struct SourceFrame: Sendable, Hashable {
    /// Readable: `handler(_:)`, `closure 1 in Service.run(port:)`, or `0x4f3a in libfoo.so` when nothing names it.
    public var function: String
    /// `nil`: not async, or unknown. 0: the start of an async function, or the hop at its start. N ≥ 1: it resumes
    /// at the N-th of its awaits, in the order of their places in the source.
    ///
    /// Each frame counts in its own source function, also where that was inlined, so debug and release builds agree.
    /// A line can have several awaits; the two ends of one await (the call returned, the hop back) have one number.
    /// Awaits that the optimizer has left no trace of are not counted. Without debug information the number is the
    /// compiler's, which counts resume points.
    public var awaitPoint: Int?
    /// Full path from the debug information.
    public var file: String?
    public var line: Int?
    /// The Swift module by the mangled name, else the image's file name.
    public var module: String
    public var origin: CodeOrigin
    /// Whether this frame's code was copied into the frame after it.
    public var isInlined: Bool
    /// A thunk, witness or accessor that nobody wrote.
    public var isCompilerMade: Bool
    /// Whether the address is in a loop of this function's own code, in a call that the loop makes or otherwise.
    ///
    /// A loop around an inlined call is its caller's. One that suspends each time round is none: each round is a poll.
    /// `nil`: not known, or not asked for.
    public var isInLoop: Bool?
    /// The run-time address that was asked about.
    public var address: UInt64

    public init(
        function: String, awaitPoint: Int? = nil, file: String? = nil, line: Int? = nil, module: String,
        origin: CodeOrigin, isInlined: Bool = false, isCompilerMade: Bool = false, isInLoop: Bool? = nil,
        address: UInt64
    ) {
        self.function = function
        self.awaitPoint = awaitPoint
        self.file = file
        self.line = line
        self.module = module
        self.origin = origin
        self.isInlined = isInlined
        self.isCompilerMade = isCompilerMade
        self.isInLoop = isInLoop
        self.address = address
    }
}
