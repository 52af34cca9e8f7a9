/** Saving and restoring the packet filters, as functions of POSIX sh (iptables-save(8), iptables-restore(8), nft(8)). */
import { sh, type Command } from '../../shell.ts';

/**
 * `save_firewall` and `restore_firewall`: all tables of iptables and ip6tables, whichever kernel interface serves them, and those of nft that
 * aren't iptables' own. Only what differs is loaded, in one transaction per table.
 */
export const firewallFunctions: Command = sh`
filters='iptables ip6tables iptables-legacy ip6tables-legacy'
plain() { sed -e '/^#/d' -e 's/ \\[[0-9]*:[0-9]*\\]$//' "$1"; }
nft_tables() {
  have nft || return 0
  nft list tables 2>/dev/null | while read -r _ family name; do
    # iptables-nft keeps its tables there; nft would print them in words that it can't read.
    case $family in
      ip) grep -qx "\\*$name" "$1.iptables" && continue ;;
      ip6) grep -qx "\\*$name" "$1.ip6tables" && continue ;;
    esac
    echo "$family $name"
  done
}
nft_rules() { nft_tables "$1" | while read -r family name; do nft -s list table $family $name; done; }
read_firewall() {
  for tool in $filters; do
    : >"$1.$tool"
    # The legacy tools would load their modules: they are asked only where something uses them.
    case $tool in *-legacy) grep -qs . /proc/net/\${tool%tables-legacy}_tables_names || continue ;; esac
    have $tool-save && $tool-save >"$1.$tool" 2>/dev/null
  done
  nft_rules "$1" >"$1.nft" 2>/dev/null
}
save_firewall() { read_firewall firewall; }
restore_firewall() {
  read_firewall now.firewall
  for tool in $filters; do
    plain firewall.$tool >was.rules
    plain now.firewall.$tool >now.rules
    cmp -s was.rules now.rules && continue
    for table in $(sed -n 's/^\\*//p' now.rules); do
      grep -qx "\\*$table" was.rules && continue
      { echo "*$table"; sed -n "/^\\*$table\\$/,/^COMMIT/s/^\\(:[A-Z]*\\) [A-Z][A-Z]*$/\\1 ACCEPT/p" now.rules; echo COMMIT; } >empty.rules
      $tool-restore <empty.rules 2>>errors && say "$tool -t $table -F"
    done
    [ ! -s firewall.$tool ] || { $tool-restore <firewall.$tool 2>>errors && say "$tool-restore"; }
  done
  cmp -s firewall.nft now.firewall.nft && return
  { nft_tables now.firewall | sed 's/^/delete table /'; cat firewall.nft; } >load.nft
  nft -f load.nft 2>>errors && say 'nft -f (the rules before)'
}
`;
