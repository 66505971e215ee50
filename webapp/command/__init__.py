"""The command line: each file a group of commands, each command one line on failure and exit code 2."""
