import DNSWire

/// A file that a zone file includes, opened by whoever may open files.
public protocol ZoneIncludedFile: AnyObject {
  /// Replaces the content of `chunk` with the next octets.
  ///
  /// - Returns: false at the end.
  func next(into chunk: inout [UInt8]) throws -> Bool
}

/// Opens the file that `$INCLUDE` names.
///
/// - Parameter path: as it stands in the zone file, escapes resolved.
/// - Throws: why it cannot be opened; printed for people.
public typealias ZoneIncluder = (_ path: [UInt8]) throws -> any ZoneIncludedFile

/// Reads a master file together with the files that it includes.
struct ZoneReader: ~Copyable {
  /// Files that include one another: more is a loop.
  static let includeDepthMax = 8

  /// Hash of the octets read from included files (FNV-1a), which the main file's position does not
  /// cover.
  private(set) var includedDigest: UInt64 = 0xCBF2_9CE4_8422_2325

  private var scanner: ZoneScanner
  private let includer: ZoneIncluder?
  private var layers: [Layer] = []

  private struct Layer {
    var scanner: ZoneScanner
    let file: any ZoneIncludedFile
    var chunk: [UInt8] = []
    var at = 0
    var isFinal = false
  }

  /// - Parameters:
  ///   - origin: a complete wire name, or empty.
  ///   - includer: nil refuses `$INCLUDE`.
  init(origin: [UInt8], generatedMax: Int, includer: ZoneIncluder?) {
    scanner = ZoneScanner(origin: origin, generatedMax: generatedMax)
    self.includer = includer
  }

  /// Calls `body` with the scanner that made the last step.
  @inline(__always)
  func withScanner<R>(_ body: (borrowing ZoneScanner) -> R) -> R {
    guard let last = layers.indices.last else { return body(scanner) }
    return body(layers[last].scanner)
  }

  /// The next step; `include` is a file that was opened and whose entries follow. Ends of included
  /// files are passed over.
  mutating func next(
    _ window: Span<UInt8>, at offset: inout Int, isFinal: Bool
  ) throws(ImportError) -> ZoneScanner.Step {
    while let last = layers.indices.last {
      let step = try nextIncluded(last)
      if step == .include { try open(layers[last].scanner) }
      guard step == .end else { return step }
      let done = layers.removeLast()
      if layers.isEmpty {
        scanner.resume(after: done.scanner)
      } else {
        layers[last - 1].scanner.resume(after: done.scanner)
      }
    }
    let step = scanner.next(window, at: &offset, isFinal: isFinal)
    if step == .include { try open(scanner) }
    return step
  }

  private mutating func nextIncluded(_ layer: Int) throws(ImportError) -> ZoneScanner.Step {
    while true {
      let start = layers[layer].at
      let isFinal = layers[layer].isFinal
      // The chunk is taken out, so that the scanner beside it can be changed.
      var chunk: [UInt8] = []
      swap(&chunk, &layers[layer].chunk)
      var at = start
      let step = layers[layer].scanner.next(chunk.span, at: &at, isFinal: isFinal)
      for index in start..<at {
        includedDigest = (includedDigest ^ UInt64(chunk[index])) &* 0x100_0000_01B3
      }
      layers[layer].at = at
      swap(&chunk, &layers[layer].chunk)
      guard step == .needsInput else { return step }
      layers[layer].at = 0
      do {
        layers[layer].isFinal = try !layers[layer].file.next(into: &layers[layer].chunk)
      } catch {
        throw .unreadable(reason: "included file: \(error)", offset: 0)
      }
    }
  }

  private mutating func open(_ scanner: ZoneScanner) throws(ImportError) {
    let name = String(decoding: scanner.includePath, as: UTF8.self)
    let place = "line \(scanner.line): $INCLUDE \(name)"
    guard let includer else {
      throw .unreadable(reason: "\(place) is refused; name its folder to allow it", offset: 0)
    }
    guard layers.count < ZoneReader.includeDepthMax else {
      throw .unreadable(reason: "\(place): files include one another too deeply", offset: 0)
    }
    do {
      layers.append(Layer(scanner: scanner.child, file: try includer(scanner.includePath)))
    } catch {
      throw .unreadable(reason: "\(place): \(error)", offset: 0)
    }
  }
}
