using TorchSharp.Modules;
using TrainMm.Core.Config;
using TrainMm.Core.Weights;
using TrainMm.Models.Layers;
using static TorchSharp.torch;

namespace TrainMm.Models.Fusion.VisualExpert;

/// <summary>
/// Reads a visual expert from a checkpoint. CogVLM keeps queries, keys and values one below the other in <c>self_attn.vision_expert_query_key_value</c>, the output in <c>self_attn.vision_expert_dense</c>
/// and the feed-forward layer in <c>mlp.vision_mlp</c>; a run's own parts have the names of the layers that they stand in for.
/// </summary>
internal static class CogVlmCheckpoint
{
    private const string Joined = "self_attn.vision_expert_query_key_value.";

    /// <summary>What stands for a part of LLaMA's path; several that stand in one tensor are in its order.</summary>
    private static readonly (string Own, string Official)[] Names =
    [
        (".self_attn.q_proj.", $".{Joined}"),
        (".self_attn.k_proj.", $".{Joined}"),
        (".self_attn.v_proj.", $".{Joined}"),
        (".self_attn.o_proj.", ".self_attn.vision_expert_dense."),
        (".mlp.", ".mlp.vision_mlp."),
    ];

    /// <summary>Fills the expert's parameters.</summary>
    /// <exception cref="Core.Diagnostics.ConfigurationException">The checkpoint holds no expert for this language model.</exception>
    /// <exception cref="Core.Diagnostics.CheckpointException">The checkpoint cannot be read.</exception>
    public static void Load(VisualExpertOptions options, string path, ModuleScope scope)
    {
        using var source = WeightSource.Open(path);
        if (source.Names.Any(name => name.StartsWith("fusion.", StringComparison.Ordinal)))
        {
            PartCheckpoint.Load(scope, options, nameof(options.Checkpoint), source, [new KeyMap("a run's trained parts", [new("fusion.", ""), new("", null)], [])]);
            return;
        }

        var groups = scope.Parameters.GroupBy(pair => OfficialName(pair.Key), StringComparer.Ordinal).ToDictionary(
            group => group.Key, group => group.OrderBy(pair => Place(pair.Key)).Select(pair => pair.Value).ToArray(), StringComparer.Ordinal);
        var missing = groups.Keys.Where(name => !source.Contains(name)).Order(StringComparer.Ordinal).FirstOrDefault();
        if (missing is not null) throw OptionSource.Error(options, nameof(options.Checkpoint), $"{path} has no '{missing}'", "a CogVLM fits a language model with LLaMA's layers, and as many of them");
        var more = source.Names.Where(name => IsExpert(name) && !groups.ContainsKey(name)).Order(StringComparer.Ordinal).FirstOrDefault();
        if (more is not null) throw OptionSource.Error(options, nameof(options.Checkpoint), $"{path} has '{more}', which the language model has not");
        foreach (var (name, parts) in groups) Fill(options, source, name, parts);
    }

    private static void Fill(VisualExpertOptions options, WeightSource source, string name, Parameter[] parts)
    {
        var shape = (long[])[parts.Sum(part => part.shape[0]), .. parts[0].shape[1..]];
        var given = source.Entry(name).Shape.ToArray();
        if (!shape.SequenceEqual(given))
            throw OptionSource.Error(options, nameof(options.Checkpoint), $"{source.Path}: '{name}' is [{string.Join(", ", given)}], the language model's layers make it [{string.Join(", ", shape)}]");
        if (parts[0].is_meta) return;
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        var whole = source.Read(name);
        var start = 0L;
        foreach (var part in parts)
        {
            part.detach().copy_(whole.narrow(0, start, part.shape[0]));
            start += part.shape[0];
        }
    }

    private static bool IsExpert(string name) => name.Contains(".vision_expert_", StringComparison.Ordinal) || name.Contains(".vision_mlp.", StringComparison.Ordinal);

    private static int Place(string name) => Array.FindIndex(Names, rule => name.Contains(rule.Own, StringComparison.Ordinal));

    private static string OfficialName(string name) => Place(name) is var place and >= 0 ? name.Replace(Names[place].Own, Names[place].Official, StringComparison.Ordinal) : name;
}
