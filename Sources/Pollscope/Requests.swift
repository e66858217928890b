// What a service says of its requests: a name, and where each begins and ends.

import CPollscopeLayout
import CPollscopeProbes

extension Pollscope {
    /// Runs `body` as a request: a named unit of work that somebody waits for.
    ///
    /// What it awaits belongs to it, and so do the tasks that are made in it, of every kind. A request inside another is
    /// a part of it. The report tells for each name how long requests took and where their time went.
    ///
    /// What looks like an identifier in a path does not count: `GET /users/17` is `GET /users/{id}`. About a thousand
    /// names of at most 120 bytes are told apart; requests with others are counted under one.
    ///
    /// Nothing is added to `body` but two records: no task, no suspension, no hop, no allocation. An error that is
    /// thrown counts as an error, but for `CancellationError`, which counts as cancelled.
    /// - Parameters:
    ///   - name: What it is: `GET /quote`.
    ///   - arrived: When it came, if that was before now: its time counts from there.
    ///   - isError: Whether what `body` returns stands for an error, as a response with status 500 does.
    /// - Returns: What `body` returns.
    /// - Throws: What `body` throws, and nothing else.
    public static func request<Value, Failure: Error>(
        _ name: String, arrived: Moment? = nil, isError: (Value) -> Bool = { _ in false },
        isolation: isolated (any Actor)? = #isolation, _ body: () async throws(Failure) -> Value
    ) async throws(Failure) -> Value {
        // Written out, not shared: one more asynchronous call is 26 ns a request (`Bench request-cost`).
        let request = Request(name, .whole, arrived: arrived, partOf: nil)
        do {
            let value = try await body()
            request.end(isError(value) ? .error : .ok)
            return value
        } catch {
            request.end(Outcome(of: error))
            throw error
        }
    }

    /// Runs `body`, which does not suspend, as a request. All else is as with the asynchronous one.
    public static func request<Value, Failure: Error>(
        _ name: String, arrived: Moment? = nil, isError: (Value) -> Bool = { _ in false },
        _ body: () throws(Failure) -> Value
    ) throws(Failure) -> Value {
        try Request(name, .whole, arrived: arrived, partOf: nil).around(isError, body)
    }

    /// Runs `body`, which asks something of another process: what is waited for in it is outside of this one.
    ///
    /// All else is as with ``request(_:arrived:isError:isolation:_:)``.
    /// - Parameter name: Who is asked, and for what: `GET rates.example.com`.
    /// - Returns: What `body` returns.
    /// - Throws: What `body` throws, and nothing else.
    public static func call<Value, Failure: Error>(
        _ name: String, isError: (Value) -> Bool = { _ in false }, isolation: isolated (any Actor)? = #isolation,
        _ body: () async throws(Failure) -> Value
    ) async throws(Failure) -> Value {
        // Written out, not shared: one more asynchronous call is 26 ns a request (`Bench request-cost`).
        let request = Request(name, .call, arrived: nil, partOf: nil)
        do {
            let value = try await body()
            request.end(isError(value) ? .error : .ok)
            return value
        } catch {
            request.end(Outcome(of: error))
            throw error
        }
    }

    /// Runs `body`, which does not suspend, as something asked of another process.
    public static func call<Value, Failure: Error>(
        _ name: String, isError: (Value) -> Bool = { _ in false }, _ body: () throws(Failure) -> Value
    ) throws(Failure) -> Value {
        try Request(name, .call, arrived: nil, partOf: nil).around(isError, body)
    }

    /// Begins a request that no closure is around: end it with ``Request/end(_:named:)``.
    ///
    /// The task that this is called in works for the request until it ends.
    /// - Parameters:
    ///   - name: What it is: `GET /quote`.
    ///   - arrived: When it came, if that was before now.
    ///   - parent: The request that it is part of; `nil`: the one that the task works for, if there is one.
    public static func beginRequest(_ name: String, arrived: Moment? = nil, partOf parent: Request? = nil) -> Request {
        Request(name, .whole, arrived: arrived, partOf: parent)
    }

    /// Begins something that is asked of another process: end it with ``Request/end(_:named:)``.
    public static func beginCall(_ name: String, partOf parent: Request? = nil) -> Request {
        Request(name, .call, arrived: nil, partOf: parent)
    }

    /// A request that has begun.
    ///
    /// It may be ended in another task, and on another thread; such ends are counted, as are those of a request that has
    /// ended before. One that is never ended shows as open in the report.
    public struct Request: Sendable {
        package enum Role {
            case whole, call

            var number: UInt8 {
                switch self {
                case .whole: UInt8(POLLSCOPE_REQUEST_WHOLE.rawValue)
                case .call: UInt8(POLLSCOPE_REQUEST_CALL.rawValue)
                }
            }
        }

        private let begun: pollscope_request

        package init(_ name: String, _ role: Role, arrived: Moment?, partOf parent: Request?) {
            begun = withBytes(of: name) {
                pollscope_request_begin($0, $1, role.number, parent?.begun.number ?? 0, arrived?.ticks ?? 0)
            }
        }

        /// Runs `body`, and ends when it does, by how that went.
        fileprivate func around<Value, Failure: Error>(
            _ isError: (Value) -> Bool, _ body: () throws(Failure) -> Value
        ) throws(Failure) -> Value {
            do {
                let value = try body()
                end(isError(value) ? .error : .ok)
                return value
            } catch {
                end(Outcome(of: error))
                throw error
            }
        }

        /// Whether this process is observed, so that there is a record of it.
        public var isRecorded: Bool { begun.number != 0 }

        /// Ends it.
        /// - Parameters:
        ///   - outcome: How.
        ///   - name: What it turned out to be, if that was not known when it began: the route that was found.
        public func end(_ outcome: Outcome = .ok, named name: String? = nil) {
            guard let name else { return pollscope_request_end(begun, outcome.number) }
            withBytes(of: name) { pollscope_request_end_named(begun, outcome.number, $0, $1) }
        }

        /// Says which trace and span of a tracing system it is.
        package func belongs(toTrace high: UInt64, _ low: UInt64, span: UInt64) {
            pollscope_request_trace(begun.number, high, low, span)
        }
    }

    /// How a request, or waiting for a pool, has ended.
    public enum Outcome: Sendable, Hashable {
        case ok, error, cancelled, timedOut

        /// Of something that threw: cancelled for `CancellationError`, else an error.
        public init(of error: some Error) { self = error is CancellationError ? .cancelled : .error }

        var number: UInt8 {
            switch self {
            case .ok: UInt8(POLLSCOPE_OUTCOME_OK.rawValue)
            case .error: UInt8(POLLSCOPE_OUTCOME_ERROR.rawValue)
            case .cancelled: UInt8(POLLSCOPE_OUTCOME_CANCELLED.rawValue)
            case .timedOut: UInt8(POLLSCOPE_OUTCOME_TIMED_OUT.rawValue)
            }
        }
    }
}
