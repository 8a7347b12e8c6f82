//go:build linux

package main

import (
	"context"
	"fmt"
	"net"

	"golang.org/x/net/dns/dnsmessage"
)

// answerTTL is short in case a client's cache outlives the namespace; seconds.
const answerTTL = 1

// maxQuery bounds what is read of a query: a question is under 300 bytes.
const maxQuery = 512

// serveNames answers DNS queries on 127.0.0.1:53 until ctx ends.
func serveNames(ctx context.Context) error {
	conn, err := net.ListenPacket("udp", "127.0.0.1:53")
	if err != nil {
		return fmt.Errorf("name server: %w", err)
	}
	context.AfterFunc(ctx, func() { conn.Close() })
	go func() {
		query := make([]byte, maxQuery)
		for {
			n, from, err := conn.ReadFrom(query)
			if err != nil {
				return // closed
			}
			if reply, err := answer(query[:n]); err == nil {
				conn.WriteTo(reply, from)
			}
		}
	}()
	return nil
}

// answer gives every name the address 127.0.0.1. Other types of record exist but are
// empty: a client that hears NXDOMAIN for AAAA would give up on A, too.
func answer(query []byte) ([]byte, error) {
	var parser dnsmessage.Parser
	header, err := parser.Start(query)
	if err != nil {
		return nil, err
	}
	question, err := parser.Question()
	if err != nil {
		return nil, err
	}
	reply := dnsmessage.Message{
		Header: dnsmessage.Header{
			ID:                 header.ID,
			Response:           true,
			Authoritative:      true,
			RecursionDesired:   header.RecursionDesired,
			RecursionAvailable: true,
		},
		Questions: []dnsmessage.Question{question},
	}
	if question.Type == dnsmessage.TypeA && question.Class == dnsmessage.ClassINET {
		reply.Answers = []dnsmessage.Resource{{
			Header: dnsmessage.ResourceHeader{Name: question.Name, Class: question.Class, TTL: answerTTL},
			Body:   &dnsmessage.AResource{A: [4]byte{127, 0, 0, 1}},
		}}
	}
	return reply.Pack()
}
