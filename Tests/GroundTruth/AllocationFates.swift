// Polls that allocate by malloc, so that all bytes are known, and what becomes of the blocks.
//
// Lines on stdout:
//   fate NAME                                  what became of nearly all bytes: samePoll, sameTask, elsewhere, kept
//   place FUNCTION | FILE | LINE | BLOCKS | BYTES    what this line has allocated
//   garbage FUNCTION | SHARE                   of what the polls that resume in FUNCTION allocate

import Glibc
import GroundTruthC

private enum Blocks {
    static let count = 100
    static let bytes = 1000
    // Safe: one task at a time fills it and empties it.
    nonisolated(unsafe) static var all = [UnsafeMutableRawPointer?](repeating: nil, count: count)

    static func release() {
        for index in all.indices { free(all[index]) }
    }
}

private func expectPlace(_ function: String, line: Int, blocks: Int, bytes: Int) {
    say("place \(function) | AllocationFates.swift | \(line) | \(blocks) | \(bytes)")
}

private let allocatesLine = #line + 3
@inline(never) private func allocatesBlocks() {
    for index in 0..<Blocks.count {
        let block = malloc(Blocks.bytes)
        Blocks.all[index] = ground_allocations_seen(block)
    }
}

private func expectAllocatesBlocks(_ polls: Int) {
    expectPlace(
        "allocatesBlocks()", line: allocatesLine, blocks: polls * Blocks.count,
        bytes: polls * Blocks.count * Blocks.bytes)
}

func freesAtOnce(polls: Int) async {
    for _ in 0..<polls { await Task.detached { await allocatingAndFreeing() }.value }
    expectAllocatesBlocks(polls)
    say("fate samePoll")
    say("garbage allocatingAndFreeing() | 1")
}

@Sendable private func allocatingAndFreeing() async {
    await onMain(0)
    allocatesBlocks()
    Blocks.release()
}

func keeps(polls: Int) async {
    for _ in 0..<polls { await Task.detached { await allocatingAndKeeping() }.value }
    expectAllocatesBlocks(polls)
    say("fate kept")
    say("garbage allocatingAndKeeping() | 0")
}

@Sendable private func allocatingAndKeeping() async {
    await onMain(0)
    allocatesBlocks()
}

func handsOver(polls: Int) async {
    for _ in 0..<polls {
        await Task.detached { await allocatingForAnother() }.value
        await Task.detached { await freeingForAnother() }.value
    }
    expectAllocatesBlocks(polls)
    say("fate elsewhere")
    say("garbage allocatingForAnother() | 0")
}

@Sendable private func allocatingForAnother() async {
    await onMain(0)
    allocatesBlocks()
}

@Sendable private func freeingForAnother() async {
    await onMain(0)
    Blocks.release()
}

func freesLater(polls: Int) async {
    await Task.detached { await allocatingForLater(polls) }.value
    expectAllocatesBlocks(polls)
    say("fate sameTask")
    say("garbage allocatingForLater(_:) | 0")
}

@Sendable private func allocatingForLater(_ polls: Int) async {
    for _ in 0..<polls {
        await onMain(0)
        allocatesBlocks()
        await onMain(0)
        Blocks.release()
    }
}

/// One line allocates nine tenths of all bytes; others allocate more often.
func plantedLine(polls: Int) async {
    for _ in 0..<polls { await Task.detached { await planted() }.value }
    expectPlace("plantedHere()", line: plantedLine, blocks: polls * 3, bytes: polls * 3 * 9_000)
    expectPlace("bystands()", line: bystandsLine, blocks: polls * 20, bytes: polls * 20 * 100)
    expectPlace("bystandsToo()", line: bystandsTooLine, blocks: polls * 20, bytes: polls * 20 * 50)
    say("garbage planted() | 1")
}

@Sendable private func planted() async {
    await onMain(0)
    for _ in 0..<3 { plantedHere() }
    for _ in 0..<20 {
        bystands()
        bystandsToo()
    }
}

private let plantedLine = #line + 2
@inline(never) private func plantedHere() {
    let block = malloc(9_000)
    free(ground_allocations_seen(block))
}

private let bystandsLine = #line + 2
@inline(never) private func bystands() {
    let block = malloc(100)
    free(ground_allocations_seen(block))
}

private let bystandsTooLine = #line + 2
@inline(never) private func bystandsToo() {
    let block = malloc(50)
    free(ground_allocations_seen(block))
}
