/** The vaults of a run: opened with the passwords that were given, and what was in them is remembered as secret. */
import { CtplayError } from '../errors.ts';
import { SecretTexts } from './secret-texts.ts';
import { decryptVault, isVault, vaultDecrypter, type VaultSecret } from './vault.ts';
import type { Decrypt } from './yaml/tags.ts';

export class VaultOpener {
  readonly texts = new SecretTexts();
  /** For the loaders; undefined without passwords. */
  readonly decrypt: Decrypt | undefined;
  readonly #secrets: readonly VaultSecret[];

  constructor(secrets: readonly VaultSecret[]) {
    this.#secrets = secrets;
    const open = vaultDecrypter(secrets);
    this.decrypt = open && Object.assign((...args: Parameters<Decrypt>) => open(...args), { remember: (text: string) => this.texts.remember(text) });
  }

  /** A file's content, decrypted where it is a vault. `file` names it in errors. Throws CtplayError vault. */
  open(content: Uint8Array, file: string): Uint8Array {
    const start = Buffer.from(content.buffer, content.byteOffset, Math.min(content.byteLength, 64)).toString('latin1');
    if (!isVault(start)) return content;
    try {
      const plain = decryptVault(Buffer.from(content).toString('latin1'), this.#secrets);
      this.texts.remember(plain.toString('utf8'));
      return plain;
    } catch (error) {
      throw error instanceof CtplayError ? error.at({ file, line: 1, column: 1 }) : error;
    }
  }
}
