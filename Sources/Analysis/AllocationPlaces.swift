// Sampled allocations by the line of code that makes them, by stack and by type.

import Sessions

/// What is gathered of samples, once their stacks and types have names.
struct AllocationPlaces {
    private struct Place: Hashable {
        var place: CodePlace
        var module: String
    }

    private struct Gathered {
        var sum = SampledSum()
        /// Of samples made in polls.
        var fates = SampledFates()
        var types: [String: SampledSum] = [:]
    }

    private struct Weight: TreeWeight {
        var bytes: Double = 0
        var count: Double = 0
        var samples: UInt64 = 0

        var size: Double { bytes }

        mutating func add(_ other: Weight) {
            bytes += other.bytes
            count += other.count
            // Wrapping: a count of records.
            samples &+= other.samples
        }
    }

    private var sum = SampledSum()
    private var fates = SampledFates()
    private var places: [Place: Gathered] = [:]
    private var tree = MergedTree<Weight>()
    private var objects: [String: SampledSum] = [:]
    private(set) var objectSamples: UInt64 = 0
    private(set) var untypedSamples: UInt64 = 0

    init(
        _ entries: [(key: AllocationTable.Key, entry: AllocationTable.Entry)], types: [UInt16: ObjectType],
        code: inout AllocationCode, names: inout StackNames
    ) {
        for (key, entry) in entries {
            let named = code.name(key.nativeStack)
            var place = Place(place: named.place, module: named.module)
            if !named.hasLine, let poll = key.poll {
                // The runtime's own work for a poll, such as making its timer.
                place.place = SiteKey(poll, names: &names).site.place
            }
            if key.poll != nil {
                fates.merge(entry.fates)
                places[place, default: Gathered()].fates.merge(entry.fates)
            }
            // Frees alone, of samples that are not in the recording, say nothing of what was allocated.
            guard entry.sum.samples > 0 else { continue }
            let type = types[key.type]?.name
            sum.add(entry.sum)
            places[place, default: Gathered()].sum.add(entry.sum)
            places[place, default: Gathered()].types[type ?? named.word, default: SampledSum()].add(entry.sum)
            tree.add(
                Weight(bytes: entry.sum.bytes, count: entry.sum.count, samples: entry.sum.samples), path: named.path)
            // Wrapping: counts of records.
            if let type {
                objects[type, default: SampledSum()].add(entry.sum)
            } else if key.type != 0 || named.word == AllocationWords.object {
                untypedSamples &+= entry.sum.samples
            } else {
                continue
            }
            objectSamples &+= entry.sum.samples
        }
    }

    /// What became of what polls allocated.
    var fate: AllocationFate? { fates.fate }

    /// By bytes, most first.
    var types: [AllocationType] { AllocationType.all(in: objects) }

    /// By bytes, most first.
    var stacks: [AllocationNode] {
        tree.nodes { frame, weight, children in
            AllocationNode(
                place: CodePlace(function: frame.function, awaitPoint: nil, file: frame.file, line: frame.line),
                module: frame.module, bytes: weight.bytes, count: weight.count, samples: weight.samples,
                isFolded: frame.isFolded, children: children)
        }
    }

    /// By bytes, most first.
    var lines: [AllocationPlace] {
        func order(_ place: Place) -> (String, Int, String, String) {
            (place.place.function, place.place.line ?? -1, place.place.file ?? "", place.module)
        }
        return
            places
            .sorted { a, b in
                a.value.sum.bytes != b.value.sum.bytes
                    ? a.value.sum.bytes > b.value.sum.bytes : order(a.key) < order(b.key)
            }
            .compactMap { place, gathered in
                guard gathered.sum.samples > 0, let share = sum.share(of: gathered.sum) else { return nil }
                return AllocationPlace(
                    place: place.place, module: place.module, bytes: gathered.sum.bytesEstimate,
                    count: gathered.sum.countEstimate, share: share, garbage: gathered.fates.garbage,
                    types: AllocationType.all(in: gathered.types))
            }
    }
}

extension AllocationType {
    /// By bytes, most first; what is equal, by name.
    fileprivate static func all(in sums: [String: SampledSum]) -> [AllocationType] {
        sums.sorted { a, b in a.value.bytes != b.value.bytes ? a.value.bytes > b.value.bytes : a.key < b.key }
            .map { AllocationType(name: $0, bytes: $1.bytesEstimate, count: $1.countEstimate) }
    }
}
