// What does not go together, and what others could read or write: refused before anything is started.

import Glibc
import Testing

@testable import Serving

@Suite("A plan is made of settings that go together, and of files that are nobody else's")
struct PlanTests {
    private func plan(_ settings: Setting...) throws -> ServePlan {
        try ServePlan(ServeSettings(file: [], options: settings))
    }

    private func error(_ body: () throws -> Void) -> ServeError? {
        do {
            try body()
            return nil
        } catch {
            return error as? ServeError
        }
    }

    private func expectRefused(
        _ settings: [Setting], _ code: ServeError.Code = .usage, says: String,
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        let refusal = error { _ = try ServePlan(ServeSettings(file: [], options: settings)) }
        #expect(refusal?.code == code, "\(refusal?.message ?? "taken")", sourceLocation: sourceLocation)
        #expect(
            refusal?.message.contains(says) ?? false, "\(refusal?.message ?? "taken")", sourceLocation: sourceLocation)
    }

    @Test("Without settings, it listens on this machine only, and records nothing")
    func standard() throws {
        let words = try plan().description
        #expect(words.contains("listens on  127.0.0.1:9464 (this machine only), without TLS, for whoever reaches it"))
        #expect(words.contains("records     nothing"))
        #expect(words.contains("diagnoses   every 1 min"))
    }

    @Test(
        "What other machines can reach takes TLS and a token",
        arguments: ["0.0.0.0:9464", "[::]:9464", "192.0.2.1:9464", "example.com:9464"])
    func open(address: String) throws {
        let place = try TestPlace()
        let token = Setting(.tokenFile, try place.file("token", "secret\n"))
        let files = try place.certificate()
        let certificate = Setting(.tlsCertificate, files.certificate)
        let key = Setting(.tlsKey, files.key)
        let listen = Setting(.listen, address)
        let start = "--listen: \(address) can be reached from other machines, which takes TLS and a token: give "
        expectRefused([listen], says: start + "tls-certificate, tls-key, token-file, too")
        expectRefused([listen, token], says: start + "tls-certificate, tls-key, too")
        expectRefused([listen, certificate, key], says: start + "token-file, too")
        let words = try plan(listen, token, certificate, key).description
        #expect(words.contains("\(address) (other machines, too), with TLS, for those who have the token"))
    }

    @Test("A setting that says nothing without another")
    func contradictions() throws {
        let place = try TestPlace()
        expectRefused([Setting(.tlsKey, "/k")], says: "--tls-key: It says nothing without --tls-certificate")
        expectRefused([Setting(.tlsCertificate, "/k")], says: "--tls-certificate: It says nothing without --tls-key")
        expectRefused([Setting(.before, "1s")], says: "--before: It says nothing without --recordings")
        expectRefused([Setting(.triggerHang, "on")], says: "--trigger-hang: It says nothing without --recordings")
        expectRefused(
            [Setting(.remoteWriteInterval, "1s")],
            says: "--remote-write-interval: It says nothing without --remote-write-url")
        let file = [Setting(.triggerHang, "on", from: .file("serve.yml", line: 7))]
        let refusal = error { _ = try ServePlan(ServeSettings(file: file, options: [])) }
        #expect(refusal?.code == .badData)
        #expect(
            refusal?.message
                == "serve.yml:7: triggers.hang: It says nothing without recordings: give the path of a folder.")
        expectRefused(
            [Setting(.recordings, place.path), Setting(.windowSize, "2GB"), Setting(.recordingsSize, "1GB")],
            says: "--window-size: One window of events (2 GB) is larger than all recordings may be (1 GB).")
    }

    @Test("A token that others can read is none")
    func token() throws {
        let place = try TestPlace()
        let listen = Setting(.listen, "127.0.0.1:0")
        let readable = try place.file("readable", "secret", mode: 0o644)
        expectRefused(
            [listen, Setting(.tokenFile, readable)], .badData,
            says: "--token-file: \(readable) can be read by others: chmod 600 \(readable)")
        let writable = try place.file("writable", "secret", mode: 0o620)
        expectRefused([Setting(.tokenFile, writable)], .badData, says: "can be written by others: chmod 600")
        expectRefused(
            [Setting(.tokenFile, try place.file("empty", " \n"))], .badData, says: "is empty: it has to hold a token.")
        expectRefused([Setting(.tokenFile, try place.file("two", "a\nb"))], .badData, says: "more than one line")
        expectRefused([Setting(.tokenFile, try place.file("blank", "a b"))], .badData, says: "blanks")
        expectRefused(
            [Setting(.tokenFile, try place.file("large", String(repeating: "a", count: 5000)))], .badData,
            says: "larger than 4 KiB")
        expectRefused([Setting(.tokenFile, place.path + "/none")], .noInput, says: "is not there")
        expectRefused([Setting(.tokenFile, place.path)], .noInput, says: "is no plain file")
        // As Kubernetes hands it over.
        _ = try plan(Setting(.tokenFile, try place.file("group", "secret\n", mode: 0o440)))
    }

    @Test("A file of another user is not believed")
    func somebodyElses() throws {
        guard geteuid() == 0 else { return }
        let place = try TestPlace()
        let file = try place.file("token", "secret")
        #expect(chown(file, 65534, 65534) == 0)
        expectRefused([Setting(.tokenFile, file)], .badData, says: "belongs to another user (uid 65534)")
    }

    @Test("A certificate and its key: both there, both right, and of each other")
    func certificates() throws {
        let place = try TestPlace()
        let files = try place.certificate()
        func settings(_ certificate: String, _ key: String) -> [Setting] {
            [Setting(.tlsCertificate, certificate), Setting(.tlsKey, key)]
        }
        _ = try ServePlan(ServeSettings(file: [], options: settings(files.certificate, files.key)))
        let junk = try place.file("junk", "no PEM")
        expectRefused(
            settings(junk, files.key), .badData, says: "--tls-certificate: \(junk) holds no certificate in PEM")
        expectRefused(settings(files.certificate, junk), .badData, says: "--tls-key: \(junk) holds no private key")
        let other = try place.certificate(name: "other")
        expectRefused(settings(files.certificate, other.key), .badData, says: "is not the key of the certificate in")
        #expect(chmod(files.key, 0o644) == 0)
        expectRefused(
            settings(files.certificate, files.key), .badData, says: "can be read by others: chmod 600 \(files.key)")
    }

    @Test("A folder of recordings that others can write, or that is none")
    func recordings() throws {
        let place = try TestPlace()
        let open = try place.folder("open", mode: 0o777)
        expectRefused(
            [Setting(.recordings, open)], .usage,
            says: "--recordings: \(open) can be written by others: chmod go-w \(open)")
        expectRefused([Setting(.recordings, try place.file("file"))], says: "is no folder")
        let new = place.path + "/new"
        let plan = try plan(Setting(.recordings, new))
        #expect(access(new, F_OK) != 0, "a plan makes nothing")
        try plan.makeFolders()
        var status = stat()
        #expect(stat(new, &status) == 0 && status.st_mode & 0o777 == 0o700)
        let nowhere = try self.plan(Setting(.recordings, place.path + "/a/b"))
        #expect(error { try nowhere.makeFolders() }?.code == .unavailable)
    }

    @Test("The secrets of a store are looked at before anything is sent")
    func store() throws {
        let place = try TestPlace()
        let url = Setting(.remoteWriteURL, "http://127.0.0.1:1/api/v1/write")
        let readable = try place.file("readable", "secret", mode: 0o644)
        expectRefused(
            [url, Setting(.remoteWriteBearerTokenFile, readable)], .badData,
            says: "--remote-write-bearer-token-file: \(readable) can be read by others")
        expectRefused(
            [url, Setting(.remoteWriteUser, "me")], says: "It says nothing without --remote-write-password-file")
        let words = try plan(url, Setting(.remoteWriteInterval, "30s")).description
        #expect(words.contains("sends       all figures to http://127.0.0.1:1/api/v1/write every 30 s"))
    }

    @Test("A token is compared as a whole")
    func comparison() throws {
        let place = try TestPlace()
        let token = try BearerToken(file: place.file("token", "s3cret\n"))
        #expect(token.isIn("Bearer s3cret"))
        #expect(token.isIn("bearer s3cret"))
        for wrong in ["Bearer s3cre", "Bearer s3cretx", "Bearer ", "s3cret", "Basic s3cret", "", "Bearer S3cret"] {
            #expect(!token.isIn(wrong), "\(wrong)")
        }
        #expect(!token.isIn(nil))
    }
}
