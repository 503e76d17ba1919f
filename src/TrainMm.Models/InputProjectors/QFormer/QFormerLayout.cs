using TrainMm.Core.Weights;

namespace TrainMm.Models.InputProjectors.QFormer;

/// <summary>Where a Q-Former's tensors are found in published checkpoints.</summary>
internal static class QFormerLayout
{
    /// <summary>What LAVIS, and what is built on it, calls the projection to the language model's width.</summary>
    private static readonly string[] Projections = ["opt_proj.", "t5_proj.", "llm_proj.", "llama_proj."];

    /// <summary>The known layouts of queries, Q-Former and projection.</summary>
    /// <param name="sizes">The Q-Former's sizes.</param>
    /// <param name="projects">Whether the projection is taken too.</param>
    /// <param name="looks">Whether the cross-attention is.</param>
    public static KeyMap[] For(QFormerArchitecture sizes, bool projects, bool looks = true) =>
    [
        new("Blip2ForConditionalGeneration", [new("query_tokens", "query_tokens"), .. Unread("qformer.", sizes, looks), new("qformer.", "qformer."), new("language_projection.", projects ? "language_projection." : null)], [".position_ids"]),
        new("Blip2 in LAVIS", [new("query_tokens", "query_tokens"), .. Unread("Qformer.bert.", sizes, looks), .. Original(sizes), .. Projections.Select(name => new PrefixRule(name, projects ? "language_projection." : null))], [".position_ids"]),
    ];

    /// <summary>The name that a parameter of a Q-Former with the parts that read text has in one without; null where it is one of these parts.</summary>
    public static string? WithoutText(string name)
    {
        const string Norm = "qformer.embeddings.layernorm.";
        if (name.StartsWith(Norm, StringComparison.Ordinal)) return $"qformer.layernorm.{name[Norm.Length..]}";
        if (name.StartsWith("qformer.embeddings.", StringComparison.Ordinal)) return null;
        return name.StartsWith("qformer.encoder.", StringComparison.Ordinal) && name.Split('.') is [_, _, _, _, "intermediate" or "output", ..] ? null : name;
    }

    /// <summary>A BERT's table of words and its rows; null where the file has none.</summary>
    public static (string Name, long Rows)? TableOf(WeightSource source) =>
        source.Names.FirstOrDefault(name => name is "bert.embeddings.word_embeddings.weight" or "embeddings.word_embeddings.weight") is { } table ? (table, source.Entry(table).Shape[0]) : null;

    /// <summary>The Q-Former's names in LAVIS, which are BERT's. What reads text is left aside where the module has no such part.</summary>
    public static IEnumerable<PrefixRule> Original(QFormerArchitecture sizes)
    {
        const string Bert = "Qformer.bert.";
        yield return new($"{Bert}embeddings.LayerNorm.", sizes.ReadsInstruction ? "qformer.embeddings.layernorm." : "qformer.layernorm.");
        yield return new($"{Bert}embeddings.", sizes.ReadsInstruction ? "qformer.embeddings." : null);
        for (var i = 0; i < sizes.NumHiddenLayers; i++)
        {
            var (official, module) = ($"{Bert}encoder.layer.{i}.", $"qformer.encoder.layer.{i}.");
            yield return new($"{official}attention.self.", $"{module}attention.attention.");
            yield return new($"{official}crossattention.self.", $"{module}crossattention.attention.");
            yield return new($"{official}intermediate.", sizes.ReadsInstruction ? $"{module}intermediate." : null);
            yield return new($"{official}output.", sizes.ReadsInstruction ? $"{module}output." : null);
        }

        yield return new($"{Bert}encoder.", "qformer.encoder.");
    }

    /// <summary>What a BERT has of the Q-Former: the layouts with and without a prefix.</summary>
    /// <param name="sizes">The Q-Former's sizes.</param>
    /// <param name="queryLayers">The queries' feed-forward layers, which start as the text's do; or all the rest.</param>
    /// <param name="root">Where the transformer stands.</param>
    public static KeyMap[] Bert(QFormerArchitecture sizes, bool queryLayers, string root = "qformer.") =>
        [.. ((string[])["bert.", ""]).Select(prefix => new KeyMap("BertModel", [.. queryLayers ? QueryRules(prefix, sizes) : BertRules(prefix, sizes, root)], []))];

    /// <summary>A BERT's or a RoBERTa's names.</summary>
    /// <param name="bert">What stands before them in the checkpoint.</param>
    /// <param name="sizes">The sizes.</param>
    /// <param name="root">Where the transformer stands.</param>
    public static IEnumerable<PrefixRule> BertRules(string bert, QFormerArchitecture sizes, string root)
    {
        foreach (var rule in Norm($"{bert}embeddings.LayerNorm.", sizes.ReadsInstruction ? $"{root}embeddings.layernorm." : $"{root}layernorm.")) yield return rule;
        foreach (var table in (string[])["word_embeddings.", "position_embeddings.", .. sizes.IsRoberta ? ["token_type_embeddings."] : Array.Empty<string>()]) yield return new($"{bert}embeddings.{table}", sizes.ReadsInstruction ? $"{root}embeddings.{table}" : null);
        for (var i = 0; i < sizes.NumHiddenLayers; i++)
        {
            var (official, module) = ($"{bert}encoder.layer.{i}.", $"{root}encoder.layer.{i}.");
            yield return new($"{official}attention.self.", $"{module}attention.attention.");
            foreach (var rule in Norm($"{official}attention.output.LayerNorm.", $"{module}attention.output.LayerNorm.")) yield return rule;
            yield return new($"{official}attention.", $"{module}attention.");
            if (!sizes.ReadsInstruction) continue;
            foreach (var rule in Norm($"{official}output.LayerNorm.", $"{module}output.LayerNorm.")) yield return rule;
            yield return new(official, module);
        }
    }

    /// <summary>The beginnings of the cross-attention's names.</summary>
    /// <param name="home">What stands before the layers.</param>
    /// <param name="sizes">The Q-Former's sizes.</param>
    public static IEnumerable<string> CrossAttention(string home, QFormerArchitecture sizes) =>
        Enumerable.Range(0, sizes.NumHiddenLayers).Where(sizes.LooksAtFeatures).Select(layer => $"{home}encoder.layer.{layer}.crossattention.");

    private static IEnumerable<PrefixRule> Unread(string home, QFormerArchitecture sizes, bool looks) => looks ? [] : CrossAttention(home, sizes).Select(prefix => new PrefixRule(prefix, null));

    private static IEnumerable<PrefixRule> QueryRules(string bert, QFormerArchitecture sizes)
    {
        for (var i = 0; i < sizes.NumHiddenLayers; i++)
        {
            var (official, module) = ($"{bert}encoder.layer.{i}.", $"qformer.encoder.layer.{i}.");
            yield return new($"{official}intermediate.", $"{module}intermediate_query.");
            foreach (var rule in Norm($"{official}output.LayerNorm.", $"{module}output_query.LayerNorm.")) yield return rule;
            yield return new($"{official}output.", $"{module}output_query.");
        }
    }

    /// <summary>The first BERTs say gamma and beta where later ones say weight and bias.</summary>
    private static PrefixRule[] Norm(string official, string module) =>
        [new($"{official}gamma", $"{module}weight"), new($"{official}beta", $"{module}bias"), new(official, module)];
}
