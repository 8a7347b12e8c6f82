// Command install installs the S3 store that tests run against, below the working
// directory. It does not run it.
package main

import (
	"context"
	"fmt"
	"os"

	"ossd/engine/blob/s3/s3test"
)

func main() {
	if _, err := s3test.Install(context.Background(), "."); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
