// `pollscope serve`: the collector of a machine, from the command line. `pollscope` runs this program for the verb.

import ArgumentParser
import Collecting
import Glibc
import Serving

@main
struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pollscope-serve",
        abstract: "Follow all observed services of this machine, for months: figures, findings, recordings.",
        usage: "pollscope serve [--config <file>] [--recordings <folder>] [<option> ...]",
        discussion: """
            Sessions are found as they appear. Prometheus scrapes http://127.0.0.1:9464/metrics; / lists what else \
            there is. With a folder for recordings, the seconds around starvation, long polls, hangs and crashes are \
            kept there, and the oldest give way.

              pollscope serve --recordings /var/lib/pollscope --recordings-size 1GB

            --config takes a file of the same in YAML, and options win over it. The names are those of the options; \
            those of triggers and of remote-write stand below these words:

              listen: 127.0.0.1:9464
              recordings: /var/lib/pollscope
              triggers: {episode: 100ms, long-poll: 500ms, request-p99: 1s, hang: on}
              remote-write:
                url: https://metrics.example.com/api/v1/write
                external-labels: {cluster: eu-1}

            What other machines can reach takes TLS and a token: --tls-certificate, --tls-key and --token-file. \
            SIGUSR1 saves a recording of every session, SIGHUP reads the token and the certificate anew, SIGTERM and \
            SIGINT end it. The exit status is 64 for wrong options, 65 for wrong files, 66 for files that are not \
            there, 70 where the machine does not let it, as with a port in use.
            """)

    @Option(help: ArgumentHelp("A file of settings, in YAML.", valueName: "file"), completion: .file())
    var config: String?

    @Flag(help: "Say what would be done, and do not do it.")
    var checkConfig = false

    /// For the shell's completions of `pollscope serve`, which knows none of these options itself.
    @Flag(help: ArgumentHelp(visibility: .private)) var listOptions = false

    @OptionGroup(title: "Where it listens")
    var server: ServerOptions

    @OptionGroup(title: "What it follows")
    var sessions: SessionOptions

    @OptionGroup(title: "Recordings")
    var recordings: RecordingOptions

    @OptionGroup(title: "Sending figures to a store")
    var remoteWrite: RemoteWriteOptions

    func run() async throws {
        if listOptions {
            let names = ["config", "check-config"] + SettingKey.allCases.map(\.rawValue) + ["help"]
            print(names.map { "--" + $0 }.joined(separator: "\n"))
            return
        }
        let plan = try plan()
        if checkConfig {
            print(plan.description)
            return
        }
        let collector = Collector(settings: plan.settings.collector)
        try await CollectorServer(plan, source: collector, log: .standardError).run()
    }

    private func plan() throws(ServeError) -> ServePlan {
        let options = server.settings + sessions.settings + recordings.settings + (try remoteWrite.settings)
        let file = try config.map { path throws(ServeError) in try SettingsFile(name: path).settings(at: path) } ?? []
        return try ServePlan(ServeSettings(file: file, options: options))
    }

    static func main() async {
        // Whoever reads the output or the socket may go away.
        signal(SIGPIPE, SIG_IGN)
        signal(SIGXFSZ, SIG_IGN)  // a limit on the size of files is a full disk: the write says so
        // Until there is somebody who takes them.
        signal(SIGHUP, SIG_IGN)
        signal(SIGUSR1, SIG_IGN)
        umask(0o077)
        do {
            var command = try parseAsRoot()
            if let command = command as? ServeCommand {
                try await command.run()
            } else {
                try command.run()
            }
        } catch let error as ServeError {
            NoticeLog(isJournal: true, write: NoticeLog.writeLine).say("pollscope serve: \(error.message)")
            Glibc.exit(error.code.rawValue)
        } catch {
            exit(withError: error)
        }
    }
}
