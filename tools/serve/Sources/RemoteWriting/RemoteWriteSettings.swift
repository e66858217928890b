// What remote write is told: where to, how often, as whom, and how much may wait.

/// The settings of a `RemoteWriter`. Defaults with their reasons.
public struct RemoteWriteSettings: Sendable {
    /// Who we are to the store. Files are read anew for each request, so that a secret can be replaced while we run.
    public enum Authorization: Sendable, Hashable {
        case none
        case basic(user: String, passwordFile: String)
        case bearer(tokenFile: String)
    }

    /// How histograms are sent.
    public enum Histograms: Sendable, Hashable {
        /// As `_bucket`, `_sum` and `_count` series, which every store takes.
        case classic
        /// As native histograms, which Prometheus takes from 2.40 on, with its feature `native-histograms`.
        case native
        case both
    }

    /// `http://` or `https://`, with the path, `/api/v1/write` with most stores.
    public var url: String
    public var authorization: Authorization = .none
    /// A PEM file with the certificates that the store's may be signed by; `nil`: the system's.
    public var trustRootsFile: String?
    /// Added to each series that does not have a label of that name.
    public var externalLabels: [String: String] = [:]
    public var histograms: Histograms = .classic

    /// Seconds between two rounds: what a scrape interval would be.
    public var intervalSeconds: Double = 15
    /// Samples of one request. Some stores refuse bodies over a megabyte; compressed, this is a tenth of it.
    public var samplesPerRequest = 5_000
    /// Samples that may wait while the store does not take them; then the oldest go. Compressed, some 20 bytes each.
    public var samplesPending = 1_000_000
    /// Seconds after which a request without an answer has failed.
    public var timeoutSeconds: Double = 30
    /// Seconds that the end waits for what is still to be sent.
    public var flushSeconds: Double = 5
    /// Seconds between the first failure and the second attempt; doubles up to the longest.
    public var backoffSeconds: Double = 0.5
    public var longestBackoffSeconds: Double = 30

    public init(url: String) { self.url = url }
}

/// Why there is no remote write: what is wrong with the settings, and what to do.
public struct RemoteWriteError: Error, Hashable, CustomStringConvertible {
    public var description: String
}
