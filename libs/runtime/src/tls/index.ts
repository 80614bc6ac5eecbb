export { objectionsOf, OptionFault } from './option-fault';
export { readSecretFile, type OptionFile } from './option-file';
export { readTlsFiles, subjectOf, type TlsFiles, type TlsMaterial } from './tls-files';
export { tlsFaultOf } from './tls-fault';
