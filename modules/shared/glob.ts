/** Shell patterns of names, as Python's fnmatch understands them. */
export function globToRegExp(glob: string): RegExp {
  const source = glob.replace(/\[!?[^\]]+\]|[\s\S]/g, (part) => {
    if (part === '*') return '[\\s\\S]*';
    if (part === '?') return '[\\s\\S]';
    if (part.length > 1) return `[${part.slice(1, -1).replace(/^!/, '^').replaceAll('\\', '\\\\')}]`;
    return part.replace(/[\\^$.|?*+()[\]{}]/, '\\$&');
  });
  return new RegExp(`^${source}$`);
}
