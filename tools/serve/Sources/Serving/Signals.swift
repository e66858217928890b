// What can be asked of a running collector by a signal: SIGUSR1 saves recordings, SIGHUP reads secrets anew.

import ServiceLifecycle
import UnixSignals

struct Signals: Service {
    let plan: ServePlan
    let source: any CollectorSource
    let token: CurrentToken
    let identity: CurrentIdentity?
    let log: NoticeLog

    func run() async throws {
        for await signal in await UnixSignalsSequence(trapping: .sigusr1, .sighup).cancelOnGracefulShutdown() {
            switch signal {
            case .sigusr1: saveRecordings()
            case .sighup: readSecrets()
            default: break
            }
        }
    }

    private func saveRecordings() {
        guard plan.settings.collector.recordings != nil else {
            return log.say("SIGUSR1: nothing is recorded, since no folder is given: --recordings.")
        }
        log.say("SIGUSR1: the last seconds of all sessions are saved.")
        source.saveRecordings()
    }

    /// What cannot be read stays as it was: a collector that forgets its token would be in the open.
    func readSecrets() {
        let settings = plan.settings
        if let path = settings.tokenFile {
            do {
                token.replace(by: try BearerToken(file: path))
                log.say("SIGHUP: the token was read anew.")
            } catch {
                log.say("SIGHUP: the token stays as it was. \(error.sentence)")
            }
        }
        if let certificate = settings.tlsCertificate, let key = settings.tlsKey, let identity {
            do {
                identity.replace(by: try TLSIdentity(certificate: certificate, key: key))
                log.say("SIGHUP: the certificate was read anew; new connections are shown it.")
            } catch {
                log.say("SIGHUP: the certificate stays as it was. \(error.problem.sentence)")
            }
        }
        if settings.tokenFile == nil, identity == nil {
            log.say("SIGHUP: there is no token and no certificate to read anew. Settings are read at the start only.")
        }
    }
}
