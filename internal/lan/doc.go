// Package lan joins network namespaces by a switch that delays, slows and loses what
// it passes on, as told. It knows nothing of what runs in them.
//
// Each namespace has one interface, a TAP device whose other end is the switch, which is
// goroutines of this process: so it needs no kernel module for shaping (netem), leaves nothing
// behind when the process dies, and can treat the two directions between two
// namespaces differently. It needs Linux, root and /dev/net/tun. Namespaces have no names:
// they live as long as somebody is in them or the switch is open.
//
// A lost frame is lost silently, as by a broken switch: nobody is told, and TCP
// sends it again. So a pair of namespaces that is cut looks to both of them like a peer
// that vanished.
package lan
