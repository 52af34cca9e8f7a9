#!/bin/sh
# {{ this is no template }}
exec tar -czf /var/backups/etc-$(date +%F).tar.gz /etc
