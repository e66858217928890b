// What there is to ask for, by its path, and who may ask.

import Collecting
import Dispatch
import Exporting
import Foundation
import HTTPTypes
import Hummingbird
import NIOCore

struct Pages: HTTPResponder {
    typealias Context = BasicRequestContext

    let source: any CollectorSource
    let token: CurrentToken
    let scrapes: ScrapeDesk
    let reports = ReportDesk()
    private let queue = DispatchQueue(label: "pollscope.pages")

    init(source: any CollectorSource, token: CurrentToken, scrapes: ScrapeDesk) {
        self.source = source
        self.token = token
        self.scrapes = scrapes
    }

    static let list = """
        pollscope serve: the observed services of this machine

        /metrics           all figures, for Prometheus: text, OpenMetrics or protobuf, as it asks
        /healthz           whether the collector keeps up
        /sessions          the sessions that are followed, in JSON
        /findings          what is wrong, by the last diagnosis of each service, in JSON
        /report/SESSION    the diagnosis of a session's last seconds; SESSION is a pid, or a
                           service's name; ?format=json for programs

        """

    func respond(to request: Request, context: Context) async -> Response {
        let response = await answer(to: request)
        guard request.method == .head else { return response }
        return response.createHeadResponse()
    }

    private func answer(to request: Request) async -> Response {
        let path = request.uri.path
        // Whoever asks that only learns whether the collector lives.
        if path != "/healthz", let token = token.value, !token.isIn(request.headers[.authorization]) {
            return Self.text(
                .unauthorized, "This takes the collector's token, in a header: Authorization: Bearer TOKEN",
                [.wwwAuthenticate: "Bearer"])
        }
        guard let page = page(of: path) else {
            return Self.text(.notFound, "There is no \(path.quoted) here. / lists what there is.")
        }
        guard request.method == .get || request.method == .head else {
            return Self.text(
                .methodNotAllowed, "\(path.quoted) can only be got (GET): nothing here can be changed.",
                [.allow: "GET, HEAD"])
        }
        return await page(request)
    }

    private func page(of path: String) -> ((Request) async -> Response)? {
        switch path {
        case "/": return { _ in Self.text(.ok, Self.list) }
        case "/metrics": return { request in await metrics(request) }
        case "/healthz": return { _ in health() }
        case "/sessions": return { _ in await json { source.sessionsJSON() } }
        case "/findings": return { _ in await json { source.findingsJSON() } }
        default:
            guard path.hasPrefix("/report/") else { return nil }
            let rest = path.dropFirst("/report/".count)
            guard !rest.isEmpty, !rest.contains("/"), rest.utf8.count <= 768,
                let session = String(rest).removingPercentEncoding
            else { return nil }
            return { request in await report(of: session, request) }
        }
    }

    // MARK: The pages

    private func metrics(_ request: Request) async -> Response {
        let format = ExpositionFormat.chosen(accept: Self.joined(request.headers, .accept))
        let gzipped = AnswerPreference(Self.joined(request.headers, .acceptEncoding)).takesGzip
        guard let scrape = await scrapes.scrape(format, gzipped: gzipped) else {
            return Self.text(.internalServerError, "The figures cannot be put into the format that was asked for.")
        }
        var headers: HTTPFields = [
            .contentType: format.contentType, .vary: "Accept, Accept-Encoding", .cacheControl: "no-store",
        ]
        if scrape.isGzipped { headers[.contentEncoding] = "gzip" }
        return Response(status: .ok, headers: headers, body: ResponseBody(byteBuffer: scrape.bytes))
    }

    private func health() -> Response {
        let health = source.health()
        return Self.text(health.isHealthy ? .ok : .serviceUnavailable, health.sentence)
    }

    private func report(of session: String, _ request: Request) async -> Response {
        let isJSON: Bool
        switch request.uri.queryParameters["format"] {
        case nil: isJSON = AnswerPreference(Self.joined(request.headers, .accept)).prefersJSON
        case "json"?: isJSON = true
        case "text"?: isJSON = false
        case let other?:
            return Self.text(.badRequest, "There is no format \(String(other).quoted): take text or json.")
        }
        let answer = await reports.inTurn { await source.report(of: session, isJSON: isJSON) }
        switch answer {
        case nil:
            return Self.text(
                .serviceUnavailable, "\(ReportDesk.waitingMax) reports are being waited for. Ask again in a moment.",
                [.retryAfter: "10"])
        case .found(let report)? where isJSON: return Self.json(report)
        case .found(let report)?: return Self.text(.ok, report)
        case .unknown(let sentence)?: return Self.text(.notFound, sentence)
        case .unavailable(let sentence)?:
            return Self.text(.serviceUnavailable, sentence, [.retryAfter: "10"])
        }
    }

    /// Made on a thread that may take its time: many sessions are a long page.
    private func json(_ page: @escaping @Sendable () -> String) async -> Response {
        await withCheckedContinuation { continuation in
            queue.async { continuation.resume(returning: Self.json(page())) }
        }
    }

    // MARK: Answers

    private static func text(
        _ status: HTTPResponse.Status, _ sentence: String, _ more: HTTPFields = [:]
    ) -> Response {
        response(status, sentence.hasSuffix("\n") ? sentence : sentence + "\n", "text/plain; charset=utf-8", more)
    }

    private static func json(_ text: String) -> Response {
        response(.ok, text.hasSuffix("\n") ? text : text + "\n", "application/json", [:])
    }

    private static func response(
        _ status: HTTPResponse.Status, _ text: String, _ type: String, _ more: HTTPFields
    ) -> Response {
        // Names in it come from services: a browser is to take them for text.
        var headers = more
        headers[.contentType] = type
        headers[.xContentTypeOptions] = "nosniff"
        headers[.cacheControl] = "no-store"
        return Response(status: status, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
    }

    private static func joined(_ headers: HTTPFields, _ name: HTTPField.Name) -> String? {
        let values = headers[values: name]
        return values.isEmpty ? nil : values.joined(separator: ",")
    }
}
