import TidemarkModel

/// A place in the order of rows: by order key, then by dataset.
///
/// An order key is a key of the searched family without its dataset; names are followed by what a
/// record key has behind its name. It is written with a dataset before it when records of several
/// datasets are rows of their own, because then a page can end between two with equal keys.
struct RowPosition {
  /// The dataset with which everything up to the order key is done.
  static let allDatasets = DatasetNumber.max

  private let dataset: DatasetNumber
  private let orderKey: ArraySlice<UInt8>

  /// Reads what a cursor gave.
  init(_ octets: [UInt8], mergesTriples: Bool) {
    guard !mergesTriples, octets.count >= RecordKey.datasetOctets else {
      dataset = RowPosition.allDatasets
      orderKey = octets[...]
      return
    }
    dataset = DatasetNumber(octets[0]) << 8 | DatasetNumber(octets[1])
    orderKey = octets.dropFirst(RecordKey.datasetOctets)
  }

  /// True when the record with this key in that dataset lies before the position.
  func includes(_ dataset: DatasetNumber) -> Bool { dataset <= self.dataset }

  /// The key in a dataset.
  func key(in dataset: DatasetNumber) -> [UInt8] {
    var key: [UInt8] = []
    RecordKey.appendDataset(dataset, to: &key)
    return key + orderKey
  }
}
