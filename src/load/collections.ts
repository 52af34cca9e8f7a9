/** Collections as folders: `ansible_collections/NAMESPACE/NAME` with roles/ and playbooks/ in it. */
import path from 'node:path';
import type { LoadScope } from './scope.ts';

/** `namespace.collection.name`, whose last part may name something in a subfolder. */
const qualified = /^([A-Za-z_]\w*)\.([A-Za-z_]\w*)\.([A-Za-z_][\w.]*)$/;

/** Where a name may be found in collections: one that names its collection in that alone, any other in those of `collections:`. */
export function placesInCollections(kind: 'roles' | 'playbooks', written: string, scope: LoadScope): readonly string[] {
  const match = qualified.exec(written);
  const inside = (collection: string, name: string): string[] =>
    [path.join(scope.playbookFolder, 'collections'), ...scope.collectionsPath].map((folder) => path.join(folder, 'ansible_collections', ...collection.split('.'), kind, ...name.split('.')));
  if (match) return inside(`${match[1]!}.${match[2]!}`, match[3]!);
  return kind === 'roles' && /^\w+$/.test(written) ? scope.collections.flatMap((collection) => inside(collection, written)) : [];
}

/** The collection that a role's folder is in, as `namespace.name`. */
export function collectionOf(roleFolder: string): string | undefined {
  const [, namespace, name] = /\/ansible_collections\/(\w+)\/(\w+)\/roles\//.exec(roleFolder) ?? [];
  return namespace === undefined ? undefined : `${namespace}.${name!}`;
}
