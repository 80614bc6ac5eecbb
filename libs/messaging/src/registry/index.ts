export { awaitSchema } from './await-schema';
export { createRecordEncoder, type RecordEncoderOptions } from './create-record-encoder';
export {
  resultFormats,
  topicOfScope,
  type RecordEncoder,
  type ResultFormat,
  type ResultTopic,
} from './record-encoder';
export { RegistryFault } from './registry-fault';
export { registrySettingsOf, validateRegistry, type RegistrySettings } from './registry-settings';
export { checkSchema, registerSchema, type SchemaState, type SchemaWish } from './schema-registration';
export { resultTopics, subjectOf } from './subjects';
