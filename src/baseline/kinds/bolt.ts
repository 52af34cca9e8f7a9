/** Keys and values of a bbolt database, the file format of libnetwork's store (go.etcd.io/bbolt, page.go and bucket.go). */

export interface BoltEntry {
  /** Names of buckets and the key, joined by slashes. */
  readonly path: string;
  readonly value: string;
}

const pageHeader = 16;
const magic = 0xed0cdaed;
const [branchPage, leafPage] = [0x01, 0x02];

/** All entries below all buckets; undefined for what is no such file, or a damaged one. */
export function boltKeys(file: Uint8Array): BoltEntry[] | undefined {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  try {
    const first = meta(view, 0);
    const pageSize = first?.pageSize ?? 4096;
    const second = meta(view, pageSize);
    // Two pages take turns in saying where the newest root is.
    const newest = first && second ? (first.transaction > second.transaction ? first : second) : (first ?? second);
    if (newest === undefined) return undefined;
    return [...entries(view, newest.root * pageSize, pageSize, '')];
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

function meta(view: DataView, page: number) {
  const at = page + pageHeader;
  if (view.getUint32(at, true) !== magic) return undefined;
  return { pageSize: view.getUint32(at + 8, true), root: number(view, at + 16), transaction: number(view, at + 48) };
}

/** `at`: where the page begins, also one that lies inside of its bucket's value. */
function* entries(view: DataView, at: number, pageSize: number, path: string, depth = 0): Generator<BoltEntry> {
  if (depth > 32) throw new RangeError('the pages of the database go round in circles');
  const [flags, count] = [view.getUint16(at + 8, true), view.getUint16(at + 10, true)];
  for (let index = 0; index < count; index++) {
    const element = at + pageHeader + index * 16;
    if (flags & branchPage) yield* entries(view, number(view, element + 8) * pageSize, pageSize, path, depth + 1);
    else if (flags & leafPage) {
      const [isBucket, key, keySize, valueSize] = [view.getUint32(element, true) & 1, element + view.getUint32(element + 4, true), view.getUint32(element + 8, true), view.getUint32(element + 12, true)];
      const name = `${path}/${text(view, key, keySize)}`;
      const value = key + keySize;
      const root = isBucket ? number(view, value) : 0;
      if (!isBucket) yield { path: name, value: text(view, value, valueSize) };
      else yield* entries(view, root === 0 ? value + 16 : root * pageSize, pageSize, name, depth + 1);
    }
  }
}

/** 64 bits; files of more than 2^53 pages don't exist. */
function number(view: DataView, at: number): number {
  return Number(view.getBigUint64(at, true));
}

function text(view: DataView, at: number, length: number): string {
  if (at + length > view.byteLength) throw new RangeError('the database ends within an entry');
  return Buffer.from(view.buffer, view.byteOffset + at, length).toString('latin1');
}
