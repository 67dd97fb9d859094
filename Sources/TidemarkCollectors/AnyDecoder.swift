public import TidemarkIngest
public import TidemarkModel

/// A decoder whose format is known only at run time. It costs one indirect call a window, and a
/// window holds thousands of items.
///
/// - Concurrency: one thread at a time; hand it over, do not share it.
public class AnyDecoder: @unchecked Sendable {
  /// Items read so far that are complete.
  public var items: UInt64 { 0 }
  /// The collector's clock.
  public var now: UnixSeconds {
    get { 0 }
    set {}
  }

  init() {}

  /// Wraps a decoder.
  public static func make(_ decoder: consuming some ItemDecoder & ~Copyable) -> AnyDecoder {
    DecoderBox(decoder)
  }

  /// See ``ItemDecoder``.
  public func decode(
    _ window: Span<UInt8>, at offset: inout Int, isFinal: Bool, into batch: RecordBatch
  ) throws(ImportError) -> DecodeStep { .end }

  /// See ``ItemDecoder``.
  public func prime(_ head: Span<UInt8>) {}

  /// See ``ItemDecoder``.
  public func takeReplies() -> [UInt8] { [] }

  /// See ``ItemDecoder``.
  public var heldOctets: Int { 0 }

  /// See ``ItemDecoder``.
  public func account(into accounting: inout Accounting) {}
}

private final class DecoderBox<Decoder: ItemDecoder & ~Copyable>: AnyDecoder, @unchecked Sendable {
  private var decoder: Decoder

  init(_ decoder: consuming Decoder) {
    self.decoder = decoder
  }

  override var items: UInt64 { decoder.items }

  override var now: UnixSeconds {
    get { decoder.now }
    set { decoder.now = newValue }
  }

  override func decode(
    _ window: Span<UInt8>, at offset: inout Int, isFinal: Bool, into batch: RecordBatch
  ) throws(ImportError) -> DecodeStep {
    try decoder.decode(window, at: &offset, isFinal: isFinal, into: batch)
  }

  override func prime(_ head: Span<UInt8>) { decoder.prime(head) }

  override func takeReplies() -> [UInt8] { decoder.takeReplies() }

  override var heldOctets: Int { decoder.heldOctets }

  override func account(into accounting: inout Accounting) { decoder.account(into: &accounting) }
}
