#!/bin/sh
case $1 in
--list) echo '{"g": {"hosts": ["a"], "vars": {"common": "g"}, "children": ["h"]}, "h": ["b"], "_meta": {"hostvars": {"a": {"color": "red"}, "b": {"color": "blue", "common": "own"}}}}' ;;
--host) echo '{}' ;;
esac
