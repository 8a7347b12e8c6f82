package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/url"
	"os"
	"strings"

	"github.com/jackc/pgx/v5"
)

// makeDatabase makes a database on a server and returns its URL and what drops it.
func makeDatabase(ctx context.Context, server string) (string, func(), error) {
	u, err := url.Parse(server)
	if err != nil {
		return "", nil, fmt.Errorf("%s cannot be read", postgresVariable) // the text holds a password
	}
	name := "cluster_" + strings.ToLower(rand.Text())
	if err := execute(ctx, server, "create database "+name); err != nil {
		return "", nil, err
	}
	u.Path = "/" + name
	drop := func() {
		if err := execute(context.WithoutCancel(ctx), server, "drop database "+name+" with (force)"); err != nil {
			fmt.Fprintln(os.Stderr, "asone:", err)
		}
	}
	return u.String(), drop, nil
}

func execute(ctx context.Context, server, sql string) error {
	conn, err := pgx.Connect(ctx, server)
	if err != nil {
		return err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	_, err = conn.Exec(ctx, sql)
	return err
}
