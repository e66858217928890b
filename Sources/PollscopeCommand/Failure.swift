// How the command fails: a sentence and an exit status, from the errors of the layers below.

import Recording
import Sessions

/// Exit statuses, from sysexits.h where it has one.
enum ExitStatus {
    static let checkFailed: Int32 = 1
    static let usage: Int32 = 64
    static let badData: Int32 = 65
    static let noInput: Int32 = 66
    static let internalError: Int32 = 70
}

struct Failure: Error {
    var status: Int32
    var message: String

    init(_ status: Int32, _ message: String) {
        self.status = status
        self.message = message
    }

    init(_ error: SessionError) {
        message = error.description
        status =
            switch error.code {
            case .notFound, .notInstrumented, .notReadable: ExitStatus.noInput
            case .foreign, .otherVersion, .damaged: ExitStatus.badData
            }
    }

    init(_ error: RecordingError) {
        message = error.description
        status =
            switch error.code {
            case .notFound, .notReadable: ExitStatus.noInput
            case .empty, .foreign, .newer, .damaged: ExitStatus.badData
            case .exists, .cannotWrite: ExitStatus.usage
            default: ExitStatus.internalError
            }
    }

    /// Runs `body` and turns the errors of the layers below into failures of the command.
    static func wrap<T>(_ body: () throws -> T) throws -> T {
        do {
            return try body()
        } catch let error as SessionError {
            throw Failure(error)
        } catch let error as RecordingError {
            throw Failure(error)
        }
    }
}
