namespace TrainMm.Tests.Training.Objectives;

/// <summary>A tiny run's pictures as pairs with their colours' names, for the first stage of a Q-Former that reads text.</summary>
internal static class TinyPairs
{
    public const string All = "objectives=[{kind: image_text_contrastive, width: 6}, {kind: image_text_matching}, {kind: image_grounded_generation, begin_id: 11}]";

    /// <summary>Writes <c>align.yaml</c>, which trains without a language model.</summary>
    public static void Write(TinyRun run)
    {
        run.Write("words/vocab.txt", "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nred\ngreen\nblue\nwhite\nwhich\n?\n");
        run.Write("align.yaml", Config("reads_instruction: true, vocab_size: 12", "tokenizer: words, ") + $"\n  language_model: {{ kind: none }}\n{All.Replace("objectives=", "objectives: ", StringComparison.Ordinal)}\n");
    }

    public static string Config(string sizes, string tokenizer) => $$"""
        extends: pretrain.yaml
        train: { feature_cache: on, feature_store: { folder: features } }
        model:
          modalities:
            image:
              input_projector: { kind: q_former, {{tokenizer}}architecture: { {{sizes}}, num_query_tokens: 3, hidden_size: 8, num_hidden_layers: 2, num_attention_heads: 2, intermediate_size: 12, max_position_embeddings: 32, initializer_range: 0.3 } }
        """;
}
