import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import io.strimzi.api.kafka.model.common.UnknownPropertyPreserving;
import io.strimzi.api.kafka.model.kafka.Kafka;
import io.strimzi.api.kafka.model.kafka.KafkaClusterSpec;
import io.strimzi.api.kafka.model.nodepool.KafkaNodePool;
import java.beans.Introspector;
import java.io.File;
import java.util.Arrays;
import java.util.Collection;
import java.util.Map;

/**
 * Reads a file of resources as Strimzi's own model does. It names the fields that the model does not know, and settings
 * of brokers that Strimzi ignores because it makes them itself.
 */
public class StrimziForm {
  static final Map<String, Class<?>> KINDS = Map.of("Kafka", Kafka.class, "KafkaNodePool", KafkaNodePool.class);
  static int unknown = 0;

  public static void main(String[] args) throws Exception {
    ObjectMapper yaml = new ObjectMapper(new YAMLFactory());
    var documents = yaml.readerFor(JsonNode.class).<JsonNode>readValues(new File(args[0])).readAll();
    for (JsonNode document : documents) {
      String kind = document.path("kind").asText();
      Class<?> type = KINDS.get(kind);
      if (type == null || !document.path("apiVersion").asText().equals("kafka.strimzi.io/v1"))
        throw new IllegalArgumentException("no kind of kafka.strimzi.io/v1: " + kind);
      Object resource = yaml.convertValue(document, type);
      look(kind, resource);
      if (resource instanceof Kafka kafka) lookAtSettings(kafka.getSpec().getKafka());
    }
    System.out.println(documents.size() + " resources, " + unknown + " unknown fields");
    System.exit(unknown == 0 ? 0 : 1);
  }

  static void lookAtSettings(KafkaClusterSpec spec) {
    for (String name : spec.getConfig().keySet())
      if (startsWithOneOf(name, KafkaClusterSpec.FORBIDDEN_PREFIXES)
          && !startsWithOneOf(name, KafkaClusterSpec.FORBIDDEN_PREFIX_EXCEPTIONS)) {
        System.out.println("Kafka.spec.kafka.config." + name);
        unknown += 1;
      }
  }

  static boolean startsWithOneOf(String name, String prefixes) {
    return Arrays.stream(prefixes.split(",")).map(String::trim).anyMatch(name::startsWith);
  }

  static void look(String path, Object value) throws Exception {
    if (value instanceof Collection<?> many) for (Object one : many) look(path + "[]", one);
    if (!(value instanceof UnknownPropertyPreserving known)) return;
    for (String name : known.getAdditionalProperties().keySet()) {
      System.out.println(path + "." + name);
      unknown += 1;
    }
    for (var property : Introspector.getBeanInfo(value.getClass(), Object.class).getPropertyDescriptors())
      if (property.getReadMethod() != null && !property.getName().equals("additionalProperties"))
        look(path + "." + property.getName(), property.getReadMethod().invoke(value));
  }
}
