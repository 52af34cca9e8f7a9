/** Image names as people write them and as Docker lists them. */

/** The name with its tag: `busybox` is `busybox:latest`. A digest or an id stays as it is. */
export function imageName(name: string, tag = 'latest'): string {
  if (name.includes('@') || name.startsWith('sha256:')) return name;
  // A colon before the last slash belongs to a registry's port.
  return name.slice(name.lastIndexOf('/') + 1).includes(':') ? name : `${name}:${tag}`;
}

/** Whether two names mean the same image on Docker Hub's defaults: `docker.io/library/x` is `x`. */
export function sameImageName(a: string, b: string): boolean {
  return shortName(a) === shortName(b);
}

function shortName(name: string): string {
  return imageName(name.replace(/^(index\.)?docker\.io\//, '').replace(/^library\//, ''));
}
