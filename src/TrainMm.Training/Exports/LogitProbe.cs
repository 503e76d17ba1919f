using TrainMm.Core;
using TrainMm.Core.Diagnostics;
using TrainMm.Core.Roles;
using TrainMm.Models;
using static TorchSharp.torch;

namespace TrainMm.Training.Exports;

/// <summary>A small batch that is the same for every model of the same sizes, and the logits that a model gives for it.</summary>
internal static class LogitProbe
{
    /// <summary>
    /// What a logit may differ by, as a share of the largest: what is copied without a change gives the same bits; a merged weight in float32 is summed in another order.
    /// </summary>
    private const double SinglePrecision = 1e-4;

    /// <summary>The same where weights have eight or eleven bits: each merged one is rounded once more, and each layer adds its share.</summary>
    private const double HalfPrecision = 3e-2;

    private const int Words = 12;
    private const int WordsBefore = 2;
    private const int ShorterBy = 3;

    /// <summary>The tolerance of a model's element type.</summary>
    public static double ToleranceOf(ScalarType dtype) => dtype == ScalarType.Float32 ? SinglePrecision : HalfPrecision;

    /// <summary>The model's logits, [2, T, V] float32 on the CPU: for a sample with a medium of each modality, and for a shorter one of text alone.</summary>
    /// <param name="model">The model, in evaluation mode.</param>
    /// <param name="vocabulary">V, the ids that are compared; a model may have more.</param>
    /// <exception cref="CheckpointException">A modality has no such batch.</exception>
    public static Tensor LogitsOf(MultimodalModel model, int vocabulary)
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        using var batch = BatchFor(model, vocabulary);
        var logits = model.LanguageModel.Logits(model.Hidden(batch.To(model.Device)));
        return logits.narrow(-1, 0, vocabulary).to_type(ScalarType.Float32).cpu().MoveToOuterDisposeScope();
    }

    /// <summary>Compares two models' logits.</summary>
    public static LogitComparison Compare(Tensor expected, Tensor actual, ScalarType dtype)
    {
        using var scope = NewDisposeScope();
        return new LogitComparison(expected.sub(actual).abs().max().item<float>(), expected.abs().max().item<float>(), ToleranceOf(dtype));
    }

    private static Batch BatchFor(MultimodalModel model, int vocabulary)
    {
        var media = new Dictionary<string, MediaBatch>(StringComparer.Ordinal);
        var position = WordsBefore;
        foreach (var (modality, path) in model.Modalities.OrderBy(pair => pair.Key, StringComparer.Ordinal))
        {
            media[modality] = new MediaBatch
            {
                Values = Medium(modality, path.Encoder.Input),
                Places = arange(position, position + path.TokensPerMedium, ScalarType.Int64),
                TokensPerMedium = path.TokensPerMedium,
                Keys = ["probe"],
                Instructions = path.Projector.Instruction is { } read ? Instruction(read) : null,
            };
            position += path.TokensPerMedium;
        }

        var length = position + Words - WordsBefore;
        var ids = Enumerable.Range(0, 2 * length).Select(i => (long)((i * 7) + 3) % vocabulary).ToArray();
        var real = Enumerable.Range(0, 2 * length).Select(i => i < (2 * length) - ShorterBy).ToArray();
        var isMedium = Enumerable.Range(0, 2 * length).Select(i => i >= WordsBefore && i < position).ToArray();
        return new Batch
        {
            Ids = tensor(ids).view(2, length),
            Labels = full([2, length], -100, ScalarType.Int64),
            AttentionMask = tensor(real).view(2, length),
            Positions = arange(length, ScalarType.Int64).unsqueeze(0).expand(2, length),
            Media = media,
            MediaMask = tensor(isMedium).view(2, length),
            SupervisedTokens = 0,
            Samples = 2,
            SampleIds = ["probe", "probe"],
            SampleIndices = [0, 1],
            Hash = "",
        };
    }

    private static Instructions Instruction(InstructionSpec spec)
    {
        var length = Math.Min(Words, spec.MaxTokens);
        return new Instructions(arange(length, ScalarType.Int64).remainder(spec.VocabularySize).unsqueeze(0), ones([1, length], ScalarType.Bool)); // [1, T]
    }

    private static Tensor Medium(string modality, MediaSpec spec) => spec is ImageSpec image
        ? linspace(-2, 2, 3L * image.Height * image.Width, ScalarType.Float32).view(1, 3, image.Height, image.Width)
        : throw new CheckpointException($"There is no batch to verify models of modality '{modality}' with; export with --verify off.");
}
