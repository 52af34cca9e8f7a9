/** The entry of the bundle. Kept free of imports, so that `--version` costs no more than starting Node. */

declare const CTPLAY_VERSION: string;

const argv = process.argv.slice(2);
if (argv.length === 1 && (argv[0] === '--version' || argv[0] === '-V')) {
  process.stdout.write(`${CTPLAY_VERSION}\n`);
} else {
  const { main } = await import('./main.ts');
  await main(argv, CTPLAY_VERSION);
}

export {};
