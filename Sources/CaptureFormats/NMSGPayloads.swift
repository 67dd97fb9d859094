/// The payloads of one container: walks the message `Nmsg` of libnmsg's `nmsg.proto` and checks
/// what stands beside the payloads. One value serves container after container.
///
/// ```swift
/// try payloads.read(bytes)
/// for index in 0..<payloads.count {
///   let payload = try payloads.payload(index, in: bytes)
///   guard payloads.isIntact(payload, at: index, in: bytes) else { continue }
/// }
/// ```
public struct NMSGPayloads: Sendable {
  private var ranges: [Range<Int>] = []
  private var checksums: [UInt32] = []

  /// No payloads.
  public init() {}

  /// Payloads of the last container read.
  public var count: Int { ranges.count }

  /// Finds the payloads of a container.
  ///
  /// - Parameter bytes: the whole data, unpacked.
  /// - Throws: ``NMSGContentError``; there are no payloads then. A container is taken whole or not
  ///   at all, because the checks of its payloads stand at its end.
  public mutating func read(_ bytes: RawSpan) throws(NMSGContentError) {
    ranges.removeAll(keepingCapacity: true)
    checksums.removeAll(keepingCapacity: true)
    do throws(NMSGContentError) {
      try walk(bytes)
    } catch {
      ranges.removeAll(keepingCapacity: true)
      throw error
    }
  }

  private mutating func walk(_ bytes: RawSpan) throws(NMSGContentError) {
    var fields = ProtobufFields(0..<bytes.byteCount)
    do throws(ProtobufError) {
      while let field = try fields.next(in: bytes) {
        switch (field.number, field.kind) {
        case (1, .octets):
          ranges.append(field.octets)
        case (2, .varint):
          checksums.append(UInt32(truncatingIfNeeded: field.value))
        default: continue
        }
        if ranges.count > NMSGLimits.payloadsMax || checksums.count > NMSGLimits.payloadsMax {
          break
        }
      }
    } catch {
      throw .malformed(error)
    }
    guard ranges.count <= NMSGLimits.payloadsMax, checksums.count <= NMSGLimits.payloadsMax else {
      throw .tooManyPayloads
    }
  }

  /// Reads what a payload says about itself.
  ///
  /// - Parameter bytes: the octets given to ``read(_:)``.
  /// - Throws: ``ProtobufError``, of this payload only.
  public func payload(_ index: Int, in bytes: RawSpan) throws(ProtobufError) -> NMSGPayload {
    var fields = ProtobufFields(ranges[index])
    var payload = NMSGPayload()
    while let field = try fields.next(in: bytes) {
      let number = UInt32(truncatingIfNeeded: field.value)
      switch (field.number, field.kind) {
      case (1, .varint): payload.vendor = number
      case (2, .varint): payload.type = number
      case (3, .varint): payload.seconds = Int64(bitPattern: field.value)
      case (4, .fixed32): payload.nanoseconds = number
      case (5, .octets): payload.octets = field.octets
      case (7, .varint): payload.source = number
      default: continue
      }
    }
    return payload
  }

  /// False when the container gives a check of the payload (CRC-32C) and it differs.
  public func isIntact(_ payload: NMSGPayload, at index: Int, in bytes: RawSpan) -> Bool {
    guard index < checksums.count else { return true }
    return CRC32C.matches(checksums[index], bytes.extracting(payload.octets))
  }
}

/// One payload of a container, without its octets.
public struct NMSGPayload: Equatable, Sendable {
  /// Who defined the type: 1 is `base` of libnmsg, 2 is SIE. 0 when it is not given.
  public var vendor: UInt32 = 0
  /// The type among the vendor's. 0 when it is not given.
  public var type: UInt32 = 0
  /// Seconds since 1970, when the payload was made.
  public var seconds: Int64 = 0
  /// The fraction of the second.
  public var nanoseconds: UInt32 = 0
  /// The message, as a range of the container's octets; empty when there is none.
  public var octets: Range<Int> = 0..<0
  /// The number of the sensor that made it, 0 when it is not given. Operator and group, which
  /// say who runs the sensor and whom the payload is for, are not read.
  public var source: UInt32 = 0

  init() {}
}

/// Why nothing of a container can be used.
public enum NMSGContentError: Error, Equatable, Sendable {
  /// Not the message that a container holds.
  case malformed(ProtobufError)
  /// More payloads than ``NMSGLimits/payloadsMax``.
  case tooManyPayloads
}
