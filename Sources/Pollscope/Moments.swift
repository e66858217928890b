// Moments that a service notes for Pollscope: when a request arrived, before any task worked for it.

import CPollscopeProbes

extension Pollscope {
    /// A moment on the clock of the session. It means something to this process only.
    public struct Moment: Sendable, Hashable, RawRepresentable {
        let ticks: UInt64

        /// As a number, to go along where only text or numbers can: in a header field that the service adds to a request.
        public var rawValue: UInt64 { ticks }

        /// The moment that had this number in this process.
        public init(rawValue: UInt64) { ticks = rawValue }

        init(ticks: UInt64) { self.ticks = ticks }
    }

    /// Now. Takes as long as reading the clock does, and nothing where this process is not observed.
    public static func now() -> Moment { Moment(ticks: pollscope_now()) }
}
