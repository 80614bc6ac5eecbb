import { groups, type FieldGroup } from './field-group';
import { everywhere, nameservers, proxies } from './kinds';

/** Columns behind the one named `-`, which HAProxy's modules add. */
export const moduleFields: readonly FieldGroup[] = [
  ...groups({ kinds: everywhere, module: 'ssl', tag: 'MCP', rule: 'sum' }, [
    { since: '2.4', names: 'ssl_sess ssl_reused_sess ssl_failed_handshake' },
    { since: '3.2', names: 'ssl_ocsp_staple ssl_failed_ocsp_staple' },
  ]),
  ...groups({ kinds: proxies, module: 'h1', since: '2.6', rule: 'sum' }, [
    { tag: 'MGP', names: 'h1_open_connections h1_open_streams' },
    { tag: 'MCP', names: 'h1_total_connections h1_total_streams' },
    { tag: 'MCP', unit: 'bytes', names: 'h1_bytes_in h1_bytes_out h1_spliced_bytes_in h1_spliced_bytes_out' },
  ]),
  ...groups({ kinds: proxies, module: 'h2', rule: 'sum' }, [
    { tag: 'MGP', since: '2.3', names: 'h2_open_connections h2_backend_open_streams' },
    { tag: 'MCP', since: '2.4', names: 'h2_total_connections h2_backend_total_streams' },
    {
      tag: 'MCP',
      since: '2.3',
      names: `
        h2_headers_rcvd h2_data_rcvd h2_settings_rcvd h2_rst_stream_rcvd h2_goaway_rcvd
        h2_detected_conn_protocol_errors h2_detected_strm_protocol_errors h2_rst_stream_resp h2_goaway_resp`,
    },
  ]),
  ...groups({ kinds: proxies, module: 'h3', since: '2.6', tag: 'MCP', rule: 'sum' }, [
    {
      names: `
        h3_data h3_headers h3_cancel_push h3_push_promise h3_max_push_id h3_goaway h3_settings h3_no_error
        h3_general_protocol_error h3_internal_error h3_stream_creation_error h3_closed_critical_stream
        h3_frame_unexpected h3_frame_error h3_excessive_load h3_id_error h3_settings_error h3_missing_settings
        h3_request_rejected h3_request_cancelled h3_request_incomplete h3_message_error h3_connect_error
        h3_version_fallback
        pack_decompression_failed qpack_encoder_stream_error qpack_decoder_stream_error`,
    },
  ]),
  ...groups({ kinds: proxies, module: 'quic', rule: 'sum' }, [
    { tag: 'MGP', since: '2.6', names: 'quic_half_open_conn' },
    {
      tag: 'MCP',
      since: '2.6',
      names: `
        quic_dropped_pkt quic_dropped_parsing_pkt quic_lost_pkt quic_too_short_dgram
        quic_retry_sent quic_retry_validated quic_retry_error quic_hdshk_fail quic_stless_rst_sent
        quic_transp_err_no_error quic_transp_err_internal_error quic_transp_err_connection_refused
        quic_transp_err_flow_control_error quic_transp_err_stream_limit_error quic_transp_err_stream_state_error
        quic_transp_err_final_size_error quic_transp_err_frame_encoding_error
        quic_transp_err_transport_parameter_error quic_transp_err_connection_id_limit
        quic_transp_err_protocol_violation_error quic_transp_err_invalid_token quic_transp_err_application_error
        quic_transp_err_crypto_buffer_exceeded quic_transp_err_key_update_error quic_transp_err_aead_limit_reached
        quic_transp_err_no_viable_path quic_transp_err_crypto_error quic_transp_err_unknown_error
        quic_data_blocked quic_stream_data_blocked quic_streams_data_blocked_bidi`,
    },
    {
      tag: 'MCP',
      since: '2.7',
      names: `
        quic_rxbuf_full quic_dropped_pkt_bufoverrun quic_socket_full quic_sendto_err quic_sendto_err_unknwn
        quic_streams_data_blocked_uni`,
    },
    {
      tag: 'MCP',
      since: '2.8',
      names: 'quic_sent_pkt quic_conn_migration_done quic_streams_blocked_bidi quic_streams_blocked_uni',
    },
    { tag: 'MCP', since: '3.4', names: 'quic_ncbuf_gap_limit' },
  ]),
  // `show stat domain resolvers`; its counters are tagged as gauges.
  ...groups({ kinds: nameservers, module: 'resolvers' }, [
    { tag: 'CGP', nature: 'identifier', since: '2.3', rule: 'key', names: 'id' },
    { tag: 'CGP', nature: 'identifier', since: '2.4', rule: 'key', names: 'pid' },
    { tag: 'MGP', nature: 'counter', since: '2.4', rule: 'sum', names: 'sent' },
    {
      tag: 'MGP',
      nature: 'counter',
      since: '2.3',
      rule: 'sum',
      names: `
        send_error valid update cname cname_error any_err nx timeout refused other invalid too_big truncated
        outdated`,
    },
  ]),
];
