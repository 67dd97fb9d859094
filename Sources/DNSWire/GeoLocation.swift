/// The sixteen octets of a LOC record (RFC 1876).
struct GeoLocation {
  /// Metres as mantissa and power of ten of centimetres, one decimal digit each.
  var size: UInt8 = 0x12
  var horizontalPrecision: UInt8 = 0x16
  var verticalPrecision: UInt8 = 0x13
  /// Thousandths of a second of arc, north positive.
  var latitude = 0
  /// Thousandths of a second of arc, east positive.
  var longitude = 0
  /// Centimetres above the reference spheroid.
  var altitude = 0

  static let latitudeMax = 90 * 3_600_000
  static let longitudeMax = 180 * 3_600_000
  private static let meridian = 1 << 31
  private static let altitudeBase = 10_000_000

  /// A place with nothing filled in but the default sizes.
  init() {}

  /// Reads version 0 rdata; nil when a value is out of range or has no text of its own.
  init?(_ rdata: Span<UInt8>, at: Int) {
    guard rdata.count - at >= 16, rdata[at] == 0 else { return nil }
    size = rdata[at + 1]
    horizontalPrecision = rdata[at + 2]
    verticalPrecision = rdata[at + 3]
    latitude = Int(UInt32(bigEndian: rdata, at: at + 4)) - Self.meridian
    longitude = Int(UInt32(bigEndian: rdata, at: at + 8)) - Self.meridian
    altitude = Int(UInt32(bigEndian: rdata, at: at + 12)) - Self.altitudeBase
    guard abs(latitude) <= Self.latitudeMax, abs(longitude) <= Self.longitudeMax else {
      return nil
    }
    for octet in [size, horizontalPrecision, verticalPrecision] {
      // Zero times a power of ten would lose the power.
      guard octet >> 4 <= 9, octet & 15 <= 9, octet >> 4 > 0 || octet == 0 else { return nil }
    }
  }

  /// Appends the sixteen octets.
  func appendWire(to out: inout [UInt8]) {
    out.append(0)
    out.append(size)
    out.append(horizontalPrecision)
    out.append(verticalPrecision)
    UInt32(truncatingIfNeeded: latitude + Self.meridian).appendBigEndian(to: &out)
    UInt32(truncatingIfNeeded: longitude + Self.meridian).appendBigEndian(to: &out)
    UInt32(truncatingIfNeeded: altitude + Self.altitudeBase).appendBigEndian(to: &out)
  }

  /// Appends every part, with three decimals of seconds and two of metres.
  func appendText(to out: inout [UInt8]) {
    Self.appendAngle(
      latitude, positive: UInt8(ascii: "N"), negative: UInt8(ascii: "S"), to: &out)
    Self.appendAngle(
      longitude, positive: UInt8(ascii: "E"), negative: UInt8(ascii: "W"), to: &out)
    Self.appendMetres(altitude, to: &out)
    for octet in [size, horizontalPrecision, verticalPrecision] {
      out.append(ASCII.space)
      var centimetres = Int(octet >> 4)
      for _ in 0..<(octet & 15) { centimetres *= 10 }
      Self.appendMetres(centimetres, to: &out)
    }
  }

  private static func appendAngle(
    _ angle: Int, positive: UInt8, negative: UInt8, to out: inout [UInt8]
  ) {
    let value = UInt64(abs(angle))
    ASCII.appendDecimal(value / 3_600_000, to: &out)
    out.append(ASCII.space)
    ASCII.appendDecimal(value / 60_000 % 60, to: &out)
    out.append(ASCII.space)
    ASCII.appendDecimal(value / 1_000 % 60, to: &out)
    out.append(ASCII.dot)
    for divisor: UInt64 in [100, 10, 1] {
      out.append(ASCII.zero + UInt8(value / divisor % 10))
    }
    out.append(ASCII.space)
    out.append(angle >= 0 ? positive : negative)
    out.append(ASCII.space)
  }

  private static func appendMetres(_ centimetres: Int, to out: inout [UInt8]) {
    if centimetres < 0 { out.append(UInt8(ascii: "-")) }
    let value = UInt64(abs(centimetres))
    ASCII.appendDecimal(value / 100, to: &out)
    out.append(ASCII.dot)
    out.append(ASCII.zero + UInt8(value / 10 % 10))
    out.append(ASCII.zero + UInt8(value % 10))
    out.append(UInt8(ascii: "m"))
  }

  /// Reads the words of RFC 1876 section 3; minutes, seconds and sizes may be missing.
  init(
    text: Span<UInt8>, tokens: inout PresentationTokenizer
  ) throws(RDataTextError) {
    latitude = try Self.angle(
      text, &tokens, positive: UInt8(ascii: "n"), negative: UInt8(ascii: "s"))
    longitude = try Self.angle(
      text, &tokens, positive: UInt8(ascii: "e"), negative: UInt8(ascii: "w"))
    guard abs(latitude) <= Self.latitudeMax, abs(longitude) <= Self.longitudeMax else {
      throw .badLocation
    }
    guard let token = try tokens.next(in: text) else { throw .missingField }
    altitude = try Self.metres(text, token)
    guard UInt32(exactly: altitude + Self.altitudeBase) != nil else { throw .badLocation }
    guard let first = try tokens.next(in: text) else { return }
    size = try Self.sizeOctet(text, first)
    guard let second = try tokens.next(in: text) else { return }
    horizontalPrecision = try Self.sizeOctet(text, second)
    guard let third = try tokens.next(in: text) else { return }
    verticalPrecision = try Self.sizeOctet(text, third)
  }

  private static func angle(
    _ text: Span<UInt8>, _ tokens: inout PresentationTokenizer, positive: UInt8, negative: UInt8
  ) throws(RDataTextError) -> Int {
    var angle = 0
    for part in 0..<4 {
      guard let token = try tokens.next(in: text) else { throw .missingField }
      if part > 0, token.range.count == 1 {
        let letter = ASCII.lowered(text[token.range.lowerBound])
        if letter == positive { return angle }
        if letter == negative { return -angle }
      }
      let decimals = part == 2 ? 3 : 0
      guard part < 3, let value = fixed(text, token.range, decimals: decimals) else {
        throw .badLocation
      }
      guard value >= 0, value < (part == 0 ? 181 : part == 1 ? 60 : 60_000) else {
        throw .badLocation
      }
      angle += value * [3_600_000, 60_000, 1][part]
    }
    throw .badLocation
  }

  private static func metres(
    _ text: Span<UInt8>, _ token: PresentationTokenizer.Token
  ) throws(RDataTextError) -> Int {
    var range = token.range
    if let last = range.last, ASCII.lowered(text[last]) == UInt8(ascii: "m") {
      range = range.lowerBound..<last
    }
    guard let value = fixed(text, range, decimals: 2) else { throw .badLocation }
    return value
  }

  private static func sizeOctet(
    _ text: Span<UInt8>, _ token: PresentationTokenizer.Token
  ) throws(RDataTextError) -> UInt8 {
    var value = try metres(text, token)
    var exponent: UInt8 = 0
    guard value >= 0, value <= 9_000_000_000 else { throw .badLocation }
    while value > 9 {
      value /= 10
      exponent += 1
    }
    return UInt8(value) << 4 | exponent
  }

  /// Reads a decimal number as an integer of `decimals` decimal places.
  private static func fixed(
    _ text: Span<UInt8>, _ range: Range<Int>, decimals: Int
  ) -> Int? {
    var at = range.lowerBound
    let isNegative = at < range.upperBound && text[at] == UInt8(ascii: "-")
    if isNegative { at += 1 }
    guard at < range.upperBound, range.upperBound - at <= 14 else { return nil }
    var value = 0
    var places = -1
    while at < range.upperBound {
      if text[at] == ASCII.dot {
        guard places < 0, decimals > 0 else { return nil }
        places = 0
      } else {
        guard ASCII.isDigit(text[at]), places < decimals else { return nil }
        value = value * 10 + Int(text[at] &- ASCII.zero)
        if places >= 0 { places += 1 }
      }
      at += 1
    }
    for _ in max(places, 0)..<decimals { value *= 10 }
    return isNegative ? -value : value
  }
}
