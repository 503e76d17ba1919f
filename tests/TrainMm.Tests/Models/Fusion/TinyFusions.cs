using TrainMm.Core;
using TrainMm.Core.Config;
using TrainMm.Core.Roles;
using TrainMm.Models;
using TrainMm.Models.Fusion;
using TrainMm.Models.Fusion.GatedCrossAttention;
using TrainMm.Models.Fusion.LlamaAdapter;
using TrainMm.Models.Fusion.VisualExpert;
using TrainMm.Models.Peft;
using TrainMm.Tests.Models.LanguageModels;
using static TorchSharp.torch;

namespace TrainMm.Tests.Models.Fusion;

/// <summary>The fusions that act within the layers, in small, and batches whose texts hold media.</summary>
internal static class TinyFusions
{
    /// <summary>Stands for a medium in the rows of a batch.</summary>
    public const long Medium = -1;

    private static readonly Dictionary<string, object> Options = new(StringComparer.Ordinal)
    {
        ["gated_cross_attention"] = new GatedCrossAttentionOptions { EveryLayers = 1, Heads = 2, HeadWidth = 3, FeedForwardFactor = 2 },
        ["llama_adapter"] = new LlamaAdapterOptions { Prompts = TinyModel.Patches, Layers = 2 },
        ["visual_expert"] = new VisualExpertOptions(),
    };

    public static IReadOnlyList<string> Kinds => [.. Options.Keys];

    /// <summary>Two texts with media, before, between and behind words, the second without any: rows of one length.</summary>
    public static long[][] Rows => [[1, 5, Medium, 6, 7, Medium, 8, 9], [1, 11, 12, 13, 14, 15, 16, 17]];

    public static Component<IFusion, FusionContext> Component(string kind, object? options = null) => FusionCatalog.All.Component(kind, options ?? Options[kind]);

    public static MultimodalModel Build(string kind, string languageModel = "llama", object? options = null, ComputeType dtype = ComputeType.Float32, Component<IPeftMethod, PeftContext>? adapter = null, params string[] trained) =>
        TinyModel.Build(TinyModel.Options(dtype, adapter, TinyLanguageModels.Component(languageModel), Component(kind, options ?? (languageModel == "chatglm" && kind == "visual_expert" ? new VisualExpertOptions { SharedPosition = false } : null))), trained);

    /// <summary>Gives every parameter of the fusion other values, so that gates are open and experts differ from the language model.</summary>
    public static void Disturb(MultimodalModel model)
    {
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        foreach (var (path, parameter) in model.Fusion.Module!.named_parameters())
            parameter.copy_(parameter.add(linspace(-0.6, 0.7, parameter.numel()).mul((path.Length % 3) + 1).sin().view(parameter.shape).to_type(parameter.dtype)));
    }

    /// <summary>A batch of rows, shorter ones padded on one side; a medium takes the places that the model gives it.</summary>
    public static Batch Batch(MultimodalModel model, long[][] rows, bool padsLeft = false)
    {
        var places = model.Modalities["image"].TokensPerMedium;
        var texts = rows.Select(row => row.SelectMany(id => id == Medium ? Enumerable.Repeat(Medium, places) : [id]).ToArray()).ToArray();
        var length = texts.Max(text => text.Length);
        var (ids, real, media, positions) = (new List<long>(), new List<bool>(), new List<bool>(), new List<long>());
        foreach (var text in texts)
        {
            var before = padsLeft ? length - text.Length : 0;
            for (var t = 0; t < length; t++)
            {
                var isText = t >= before && t - before < text.Length;
                var id = isText ? text[t - before] : 0;
                ids.Add(Math.Max(id, 0));
                real.Add(isText);
                media.Add(id == Medium);
                positions.Add(isText ? t - before : 0);
            }
        }

        var taken = Enumerable.Range(0, media.Count).Where(cell => media[cell]).Select(cell => (long)cell).ToArray();
        var count = taken.Length / places;
        return new Batch
        {
            Ids = tensor(ids.ToArray()).view(rows.Length, length),
            Labels = tensor(ids.ToArray()).view(rows.Length, length),
            AttentionMask = tensor(real.ToArray()).view(rows.Length, length),
            Positions = tensor(positions.ToArray()).view(rows.Length, length),
            Media = count == 0 ? new Dictionary<string, MediaBatch>(StringComparer.Ordinal) : new Dictionary<string, MediaBatch>(StringComparer.Ordinal)
            {
                ["image"] = new() { Values = stack([.. Enumerable.Range(0, count).Select(i => linspace(-1, 1, 3 * 8 * 8).mul(i + 7).sin().view(3, 8, 8))]), Places = tensor(taken), TokensPerMedium = places, Keys = [.. Enumerable.Range(0, count).Select(i => $"{i}")] },
            },
            MediaMask = count == 0 ? null : tensor(media.ToArray()).view(rows.Length, length),
            SupervisedTokens = rows.Length * (length - 1),
            Samples = rows.Length,
            SampleIds = [.. rows.Select((_, i) => $"{i}")],
            SampleIndices = [.. Enumerable.Range(0, rows.Length)],
            Hash = "",
        };
    }

    /// <summary>The parameters of the fusion by name.</summary>
    public static Dictionary<string, Tensor> Weights(MultimodalModel model) => model.Fusion.Module!.named_parameters().ToDictionary(each => each.name, each => (Tensor)each.parameter, StringComparer.Ordinal);

    /// <summary>Relative L2 error.</summary>
    public static double Error(Tensor expected, Tensor actual) => expected.sub(actual).norm().div(expected.norm()).item<float>();

    public static double Difference(Tensor first, Tensor second) => first.sub(second).abs().max().item<float>();
}
