/** What later runs need not read again of a regular file that is as it was: its digests, the kind of its content, its attributes. */
import type { AnswerMemory } from '../../src/module.ts';
import { parseRecord } from '../shared/record.ts';
import { ownAnswer } from './file-answers.ts';
import type { FileInQuestion } from './file-script.ts';

const regularFile = 0o100000;

export const fileMemory: AnswerMemory<FileInQuestion> = {
  about: ({ path, inside = '', follow = false }) => [path, inside, follow ? 'follow' : ''].join('\0'),

  // Whatever writes to a file or to what stat(2) says of it sets its change time, which nobody can set otherwise; a file that takes its
  // place has another inode. Not so of what a link leads to, of what is in a directory, and on file systems such as FAT, which have no
  // such time or one in whole seconds.
  learn(question, answer) {
    const fields = parseRecord(ownAnswer(answer, question).stdout);
    const [mode, uid, gid, size, , mtime, ctime, inode, links, device] = (fields.get('stat') ?? '').split(' ');
    if (device === undefined || (Number.parseInt(mode!, 16) & 0o170000) !== regularFile || !/\.\d*[1-9]/.test(ctime!)) return { stamp: undefined, parts: {} };
    const checksum = question.details?.checksum;
    const parts = { sha256: fields.get('sha256'), mime: fields.get('mime'), attributes: fields.get('attributes'), ...(checksum === undefined ? {} : { [checksumPart(checksum)]: fields.get('checksum') }) };
    return {
      stamp: [mode, uid, gid, size, mtime, ctime, inode, links, device].join(' '),
      parts: Object.fromEntries(Object.entries(parts).filter((part): part is [string, string] => part[1] !== undefined)),
    };
  },

  rest(question, parts) {
    const { digest, content, kept, details } = question;
    const { sha256, mime, attributes } = parts;
    if (sha256 !== undefined && content !== undefined && content.unless !== sha256) return { ...question, known: sha256 };
    // What the host says of what is kept, it says by the digest.
    const spares = sha256 !== undefined && kept === undefined && ((digest ?? false) !== false || content !== undefined);
    const left = details && {
      checksum: details.checksum !== undefined && checksumPart(details.checksum) in parts ? undefined : details.checksum,
      mime: details.mime && mime === undefined,
      attributes: details.attributes && attributes === undefined,
    };
    const sparesDetails = left?.checksum !== details?.checksum || left?.mime !== details?.mime || left?.attributes !== details?.attributes;
    if (!spares && !sparesDetails) return question;
    const { digest: _digest, content: _content, ...others } = question;
    return { ...(spares ? others : question), ...(left && { details: left }) };
  },

  complete({ digest, content, details }, answer, parts) {
    const known = {
      sha256: (digest ?? false) !== false || content !== undefined ? parts['sha256'] : undefined,
      checksum: details?.checksum === undefined ? undefined : parts[checksumPart(details.checksum)],
      mime: details?.mime ? parts['mime'] : undefined,
      attributes: details?.attributes ? parts['attributes'] : undefined,
    };
    const added = Object.entries(known).filter(([, value]) => value !== undefined);
    // Before what was read, which wins.
    return { ...answer, stdout: added.map(([name, value]) => `${name}=${value}\0`).join('') + answer.stdout };
  },
};

function checksumPart(algorithm: string): string {
  return `checksum ${algorithm}`;
}
