import TidemarkModel

/// What a spool remembers beside its files: who it is, how far it is, what became of the rest.
struct SpoolState: Sendable {
  static let magic = Array("TMSTATE1".utf8)
  static let mainDataset = "main"
  static let idOctets = 16

  /// Random; names the spool in batch ids.
  var id: [UInt8]
  /// Files up to this number are delivered, refused or dropped; one that is still there is removed.
  var doneThrough: UInt64 = 0
  /// The highest number that any file had.
  var lastSequence: UInt64 = 0
  /// Damaged files that are counted; one that is still there is removed.
  var removed: Set<UInt64> = []
  var account = SpoolAccount()
  /// Names by number; number 0 is the sensor without a name.
  var sensors: [String] = [""]
  /// Names by number from 1 on.
  var datasets: [String] = [mainDataset]
  /// Positions of sources, as far as they are not in a file that is waiting.
  var positions: [[UInt8]: [UInt8]] = [:]

  init(id: [UInt8]) {
    self.id = id
  }

  var idText: String {
    id.map { octet in
      let digits = String(octet, radix: 16)
      return octet < 16 ? "0" + digits : digits
    }.joined()
  }

  /// Takes over the positions of a file that is done.
  mutating func fold(_ changes: [RecordBatch.StateChange]) {
    for change in changes { positions[change.key] = change.value }
  }

  var encoded: [UInt8] {
    var encoder = SpoolEncoder(magic: SpoolState.magic)
    encoder.append(id)
    encoder.append(doneThrough)
    encoder.append(lastSequence)
    encoder.append(UInt32(clamping: removed.count))
    for sequence in removed.sorted() { encoder.append(sequence) }
    for count in account.numbers { encoder.append(count) }
    for names in [sensors, datasets] {
      encoder.append(UInt32(clamping: names.count))
      for name in names { encoder.append(Array(name.utf8)) }
    }
    encoder.append(UInt32(clamping: positions.count))
    for (key, value) in positions {
      encoder.append(RecordBatch.StateChange(key: key, value: value))
    }
    return encoder.sealed()
  }

  init?(decoding octets: [UInt8]) {
    guard var decoder = SpoolDecoder(octets, magic: SpoolState.magic), let id = decoder.bytes(),
      id.count == SpoolState.idOctets, let done = decoder.longNumber(),
      let last = decoder.longNumber(), let removedCount = decoder.number()
    else { return nil }
    self.init(id: id)
    doneThrough = done
    lastSequence = last
    for _ in 0..<removedCount {
      guard let sequence = decoder.longNumber() else { return nil }
      removed.insert(sequence)
    }
    var numbers: [UInt64] = []
    for _ in account.numbers {
      guard let number = decoder.longNumber() else { return nil }
      numbers.append(number)
    }
    account = SpoolAccount(numbers: numbers)
    guard let sensors = SpoolState.names(&decoder), let datasets = SpoolState.names(&decoder),
      sensors.first == "", datasets.first == SpoolState.mainDataset, let count = decoder.number()
    else { return nil }
    self.sensors = sensors
    self.datasets = datasets
    for _ in 0..<count {
      guard let change = decoder.change() else { return nil }
      positions[change.key] = change.value
    }
    guard decoder.isAtEnd else { return nil }
  }

  private static func names(_ decoder: inout SpoolDecoder) -> [String]? {
    guard let count = decoder.number() else { return nil }
    var names: [String] = []
    for _ in 0..<count {
      guard let octets = decoder.bytes(), let name = String(validating: octets, as: UTF8.self)
      else { return nil }
      names.append(name)
    }
    return names
  }
}

/// What became of everything that went into a spool, since the spool was made. Rows are records of
/// batches; `waiting` is what the spool holds now.
///
/// Every row is in exactly one place: what went in is `rowsWaiting + rowsDelivered + rowsRefused +
/// rowsDropped + rowsDamaged`, but for files whose index is damaged, which say nothing about rows.
public struct SpoolAccount: Sendable, Equatable {
  /// Files that wait to be sent.
  public internal(set) var batchesWaiting: UInt64 = 0
  /// Rows that wait to be sent.
  public internal(set) var rowsWaiting: UInt64 = 0
  /// Octets of all files: those that wait, and those set aside.
  public internal(set) var octets: UInt64 = 0
  /// Files that a server took whole.
  public internal(set) var batchesDelivered: UInt64 = 0
  /// Rows that a server took.
  public internal(set) var rowsDelivered: UInt64 = 0
  /// Rows among ``rowsDelivered`` that the server could not use and left out, as it said.
  public internal(set) var rowsLeftOut: UInt64 = 0
  /// Files of which a server refused something for good.
  public internal(set) var batchesRefused: UInt64 = 0
  /// Rows that a server refused for good.
  public internal(set) var rowsRefused: UInt64 = 0
  /// Files that were dropped because the spool was full.
  public internal(set) var batchesDropped: UInt64 = 0
  /// Rows that were dropped because the spool was full.
  public internal(set) var rowsDropped: UInt64 = 0
  /// Files that are damaged.
  public internal(set) var batchesDamaged: UInt64 = 0
  /// Rows in damaged files, as far as their index is good.
  public internal(set) var rowsDamaged: UInt64 = 0

  /// Makes an empty account.
  public init() {}

  init(numbers: [UInt64]) {
    guard numbers.count == self.numbers.count else { return }
    (batchesDelivered, rowsDelivered) = (numbers[0], numbers[1])
    (batchesRefused, rowsRefused) = (numbers[2], numbers[3])
    (batchesDropped, rowsDropped) = (numbers[4], numbers[5])
    (batchesDamaged, rowsDamaged) = (numbers[6], numbers[7])
    rowsLeftOut = numbers[8]
  }

  /// What is kept on disk.
  var numbers: [UInt64] {
    [
      batchesDelivered, rowsDelivered, batchesRefused, rowsRefused, batchesDropped, rowsDropped,
      batchesDamaged, rowsDamaged, rowsLeftOut,
    ]
  }
}
