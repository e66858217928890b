// Metrics as the protobuf messages that Prometheus asks for when it wants native histograms.

import Exporting
import SwiftProtobuf

/// The format `ExpositionFormat.protobuf`.
public enum PrometheusProtobuf {
    /// The whole answer to a scrape: one message a family, each after its length. Every series is written once, as
    /// `[MetricFamily].distinct()` has it.
    public static func render(_ families: [MetricFamily]) throws -> [UInt8] {
        var bytes: [UInt8] = []
        for family in families.distinct() {
            let message: [UInt8] = try WireMetricFamily(family).serializedBytes()
            append(length: message.count, to: &bytes)
            bytes += message
        }
        return bytes
    }

    /// Appends a length in the base-128 digits that protobuf has for numbers.
    private static func append(length: Int, to bytes: inout [UInt8]) {
        var rest = length
        while rest > 0x7F {
            bytes.append(UInt8(rest & 0x7F) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }
}
