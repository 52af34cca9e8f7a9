#!/bin/sh
echo tool >> /mnt/log
