// The command `pollscope`: what it can do, and how it ends.

import ArgumentParser
import Glibc

@main
struct PollscopeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pollscope",
        abstract: "Tells why a Swift service's slowest requests are slow, and which line to change.",
        discussion: """
            A service is observed once it links the library Pollscope and starts it:

              import Pollscope
              try? Pollscope.start()     // the first line of main

            Then:

              pollscope ps               # which observed services run here
              pollscope watch PID        # what goes wrong, while it does
              pollscope record --duration 30s --pid PID
              pollscope report FILE
            """,
        subcommands: [
            RecordCommand.self, ReportCommand.self, WatchCommand.self, TasksCommand.self, PsCommand.self,
            VerifyCommand.self, CheckCommand.self, ServeCommand.self, DoctorCommand.self,
        ])

    static func main() async {
        // A reader that goes away (`pollscope report … | head`) is no error of ours.
        signal(SIGPIPE, SIG_IGN)
        signal(SIGXFSZ, SIG_IGN)  // a limit on the size of files is a full disk: the write says so
        do {
            var command = try parseAsRoot()
            if var asynchronous = command as? AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
        } catch let failure as Failure {
            Console.error("pollscope: \(failure.message)")
            Glibc.exit(failure.status)
        } catch let code as ExitCode {
            Glibc.exit(code.rawValue)
        } catch {
            exit(withError: error)
        }
    }
}
