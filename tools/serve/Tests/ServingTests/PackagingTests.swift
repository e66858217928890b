// What is shipped beside the program says what the program understands: the example of settings, manifests, the unit.

import Foundation
import Testing
import Yams

@testable import Serving

@Suite("What is shipped fits together")
struct PackagingTests {
    private let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../packaging")

    private func text(_ name: String) throws -> String {
        try String(contentsOf: folder.appending(path: name), encoding: .utf8)
    }

    /// The documents of a manifest, by kind.
    private func documents(_ name: String) throws -> [String: Node] {
        var documents: [String: Node] = [:]
        for document in try compose_all(yaml: text(name)) {
            let kind = try #require(document["kind"]?.string)
            #expect(document["apiVersion"]?.string != nil && document["metadata"]?["name"]?.string != nil, "\(kind)")
            #expect(documents.updateValue(document, forKey: kind) == nil, "\(kind)")
        }
        return documents
    }

    private func settings(in map: Node?) throws -> ServeSettings {
        let file = try #require(map?["data"]?["serve.yml"]?.string)
        return try ServeSettings(file: SettingsFile(name: "serve.yml").settings(of: Array(file.utf8)), options: [])
    }

    /// The container that collects, and its mounts: path by volume.
    private func collector(_ pod: Node) throws -> (container: Node, mounts: [String: String]) {
        let containers = try #require(pod["containers"]?.sequence)
        let container = try #require(containers.first { $0["name"]?.string == "pollscope-serve" })
        return (container, mounts(of: container))
    }

    private func mounts(of container: Node) -> [String: String] {
        let pairs = (container["volumeMounts"]?.sequence ?? []).compactMap { mount in
            mount["name"]?.string.flatMap { name in mount["mountPath"]?.string.map { (name, $0) } }
        }
        return Dictionary(uniqueKeysWithValues: pairs)
    }

    /// What the settings name lies below something that is mounted, and every mount is of a volume.
    private func expectMounted(
        _ settings: ServeSettings, _ pod: Node, _ mounts: [String: String],
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let paths =
            [settings.tokenFile, settings.tlsCertificate, settings.tlsKey, settings.collector.recordings]
            .compactMap { $0 } + (settings.collector.folders?.map(\.path) ?? [])
        for path in paths {
            #expect(
                mounts.values.contains { path == $0 || path.hasPrefix($0 + "/") }, "\(path)",
                sourceLocation: sourceLocation)
        }
        let volumes = Set((pod["volumes"]?.sequence ?? []).compactMap { $0["name"]?.string })
        #expect(Set(mounts.keys).isSubset(of: volumes), sourceLocation: sourceLocation)
        #expect(!settings.listen.isLoopback && settings.tokenFile != nil && settings.tlsKey != nil)
    }

    @Test("A sidecar shares user, pids and folder with its service")
    func sidecar() throws {
        let documents = try documents("kubernetes/sidecar.yaml")
        let settings = try settings(in: documents["ConfigMap"])
        let pod = try #require(documents["Deployment"]?["spec"]?["template"]?["spec"])
        #expect(pod["shareProcessNamespace"]?.bool == true)
        let security = try #require(pod["securityContext"])
        #expect(security["runAsUser"]?.int != nil && security["runAsUser"] == security["fsGroup"])
        let (container, mounts) = try collector(pod)
        try expectMounted(settings, pod, mounts)
        for container in try #require(pod["containers"]?.sequence) {
            #expect(container["securityContext"]?["runAsUser"] == nil, "the pod's, for all")
            #expect(container["securityContext"]?["capabilities"]?["drop"]?.sequence?.first?.string == "ALL")
        }
        let service = try #require(pod["containers"]?.sequence?.first)
        let variable = service["env"]?.sequence?.first { $0["name"]?.string == "POLLSCOPE_DIR" }
        let folder = try #require(variable?["value"]?.string)
        #expect(settings.collector.folders?.map(\.path) == [folder])
        let shared = try #require(self.mounts(of: service)["sessions"])
        #expect(mounts["sessions"] == shared)
        #expect(folder.hasPrefix(shared + "/"), "the service makes a folder of its own below the volume")
        #expect(container["livenessProbe"]?["httpGet"]?["scheme"]?.string == "HTTPS")
    }

    @Test("A collector for a node is root with two capabilities")
    func daemonSet() throws {
        let documents = try documents("kubernetes/daemonset.yaml")
        let settings = try settings(in: documents["ConfigMap"])
        let pod = try #require(documents["DaemonSet"]?["spec"]?["template"]?["spec"])
        #expect(pod["hostPID"]?.bool == true)
        let (container, mounts) = try collector(pod)
        try expectMounted(settings, pod, mounts)
        #expect(settings.collector.folders == nil && mounts["sessions"] == "/dev/shm", "everybody's")
        let capabilities = container["securityContext"]?["capabilities"]?["add"]?.sequence?.compactMap(\.string)
        #expect(capabilities == ["DAC_READ_SEARCH", "SYS_PTRACE"])
        #expect(
            try text("pollscope-serve.service").contains(
                "\nCapabilityBoundingSet=" + (capabilities ?? []).map { "CAP_" + $0 }.joined(separator: " ") + "\n"))
    }

    @Test("The example of settings, as it is and with what it leaves out")
    func example() throws {
        let example = try text("serve.yml")
        let file = SettingsFile(name: "serve.yml")
        let settings = try ServeSettings(file: file.settings(of: Array(example.utf8)), options: [])
        #expect(settings.listen == .standard)
        #expect(settings.collector.recordings == "/var/lib/pollscope")
        // Every setting in a comment is one: none of them is there twice, but for the address.
        let commented = example.split(separator: "\n").filter { $0.hasPrefix("#") && !$0.hasPrefix("# ") }
            .map { $0.dropFirst() }.joined(separator: "\n")
        let more = try ServeSettings(file: file.settings(of: Array(commented.utf8)), options: [])
        #expect(!more.listen.isLoopback && more.tokenFile != nil && more.tlsKey != nil)
        #expect(more.collector.triggers.requestP99Seconds == 1)
    }
}
