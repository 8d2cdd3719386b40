//go:build tools

// Package tools pins the Temporal command line that the local stack builds when none can be had.
package tools

import _ "github.com/temporalio/cli/cmd/temporal"
