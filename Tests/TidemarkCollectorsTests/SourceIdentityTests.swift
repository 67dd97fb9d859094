import Foundation
import Testing
import TidemarkCollectors

@Suite struct SourceIdentityTests {
  /// The `state` family of a store, as far as sources need it.
  private final class State {
    var rows: [[UInt8]: [UInt8]] = [:]

    func lookUp(_ prefix: [UInt8]) -> [(key: [UInt8], value: [UInt8])] {
      rows.filter { $0.key.starts(with: prefix) }.map { ($0.key, $0.value) }
    }
  }

  /// Imports a source as far as `octets` and remembers it; returns the items skipped.
  private func importing(
    _ content: [UInt8], upTo octets: Int? = nil, options: String = "cof", _ state: State
  ) throws -> UInt64 {
    let folder = try ScratchFolder()
    let source = try ByteSource(
      path: folder.write(content, "source"), spoolFolder: folder.url.path)
    let found = try SourceResume.find(in: source, options: options, lookUp: state.lookUp)
    guard let (key, match) = found else { return 0 }
    var hasher = SourceHasher()
    hasher.update(content.span.extracting(0..<(octets ?? content.count)))
    state.rows[key] = hasher.checkpoint(items: hasher.offset / 10).encoded
    #expect(source.position == 0)
    return match?.checkpoint.items ?? 0
  }

  private let content = ByteSourceTests.sample(lines: 80_000)

  @Test func knowsASourceAgain() throws {
    let state = State()
    #expect(try importing(content, state) == 0)
    #expect(try importing(content, state) == UInt64(content.count / 10))
    #expect(state.rows.count == 1)
  }

  @Test func knowsAPartlyStoredSourceAgain() throws {
    let state = State()
    #expect(try importing(content, upTo: 1_500_000, state) == 0)
    #expect(try importing(content, state) == 150_000)
    #expect(try importing(content, state) == UInt64(content.count / 10))
    #expect(state.rows.count == 1)
  }

  @Test(arguments: [1, 2, 3, 100, 255, 256, 257, 1_000, 1_100_000])
  func knowsASourceThatGrew(_ octets: Int) throws {
    let state = State()
    #expect(try importing(Array(content[..<octets]), state) == 0)
    #expect(try importing(content, state) == UInt64(octets / 10))
    #expect(try importing(content, state) == UInt64(content.count / 10))
    #expect(state.rows.count == 1)
  }

  @Test func tellsSourcesWithEqualHeadsApart() throws {
    let state = State()
    var other = content
    other[1_200_000] ^= 1
    #expect(try importing(content, state) == 0)
    #expect(try importing(other, state) == 0)
    #expect(state.rows.count == 2)
    #expect(try importing(content, state) == UInt64(content.count / 10))
    #expect(try importing(other, state) == UInt64(content.count / 10))
    #expect(state.rows.count == 2)
  }

  @Test func tellsOptionsApart() throws {
    let state = State()
    #expect(try importing(content, state) == 0)
    #expect(try importing(content, options: "cof swapped", state) == 0)
    #expect(state.rows.count == 2)
  }

  @Test func takesAShortenedSourceForAnother() throws {
    let state = State()
    #expect(try importing(content, state) == 0)
    #expect(try importing(Array(content[..<1_000_000]), state) == 0)
  }

  @Test func hasNothingToRememberOfAnEmptySource() throws {
    let state = State()
    #expect(try importing([], state) == 0)
    #expect(state.rows.isEmpty)
  }

  @Test func readsValuesOfItsOwnFormOnly() throws {
    var hasher = SourceHasher()
    hasher.update(content.span.extracting(0..<1_000))
    let checkpoint = hasher.checkpoint(items: 0x0102_0304_0506_0708)
    let value = checkpoint.encoded
    #expect(value.count == SourceCheckpoint.valueOctets)
    #expect(value.prefix(9) == [1, 0, 0, 0, 0, 0, 0, 0x03, 0xE8])
    #expect(value.suffix(8) == [1, 2, 3, 4, 5, 6, 7, 8])
    #expect(SourceCheckpoint(decoding: value) == checkpoint)
    #expect(SourceCheckpoint(decoding: Array(value.dropLast())) == nil)
    #expect(SourceCheckpoint(decoding: [2] + value.dropFirst()) == nil)
  }
}
