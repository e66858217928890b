// `pollscope ps --format json`, as tests read it.

import Foundation
import Testing

struct SessionListing: Decodable {
    struct Entry: Decodable {
        var pid: Int32
        var state: String
        var program: String
        var session: String
        var reason: String?
    }

    var schema: String
    var sessions: [Entry]
}

extension Workplace {
    func ps(sourceLocation: SourceLocation = #_sourceLocation) throws -> [SessionListing.Entry] {
        let ending = try pollscope("ps", "--format", "json")
        try #require(ending.status == 0, "\(ending)", sourceLocation: sourceLocation)
        let listing = try JSONDecoder().decode(SessionListing.self, from: Data(ending.output.utf8))
        #expect(listing.schema == "pollscope.ps/1", sourceLocation: sourceLocation)
        return listing.sessions
    }

    /// The state of one process's session, in words; nil where there is none.
    func state(of processID: Int32) throws -> String? { try ps().first { $0.pid == processID }?.state }
}
