using System.Diagnostics;
using System.Globalization;
using TrainMm.Core;
using TrainMm.Core.Roles;
using TrainMm.Models;
using TrainMm.Models.LanguageModels;
using TrainMm.Models.LanguageModels.Llama;
using TrainMm.Torch;
using static TorchSharp.torch;

namespace TrainMm.Benchmarks;

/// <summary>
/// How near the language model's part of a step comes to the matrix products that it cannot do without. With N parameters in the layers' matrices and T tokens these are
/// 2·N·T operations forward and 2·N·T for the activations' gradients; frozen weights have none, and attention's own products, norms and all else count as no work.
/// The products alone and the model are taken in turns, so that both meet the same load of the machine; the products as one for all threads and as a part for each, whichever is faster.
/// </summary>
internal static class MatrixProducts
{
    private const int Rows = 8;
    private const int Length = 228;
    private const int Rounds = 9;

    /// <summary>About 114 million parameters in the layers' matrices.</summary>
    private static LlamaArchitecture Sizes => new()
    {
        VocabSize = 32000,
        HiddenSize = 1024,
        IntermediateSize = 2752,
        NumHiddenLayers = 9,
        NumAttentionHeads = 16,
        NumKeyValueHeads = 16,
        MaxPositionEmbeddings = 1024,
    };

    private static (int In, int Out)[] Shapes
    {
        get
        {
            var (width, inner) = (Sizes.HiddenSize, Sizes.IntermediateSize);
            return [(width, width), (width, width), (width, width), (width, width), (width, inner), (width, inner), (inner, width)];
        }
    }

    /// <summary>Measures and prints.</summary>
    public static IReadOnlyDictionary<string, double> Measure(bool isQuick, int threads)
    {
        Runtime.Initialize(threads);
        using var scope = NewDisposeScope();
        using var workers = new WorkerThreads(threads);
        using var model = ModelBuilder.Build(new ModelOptions { Dtype = ComputeType.Float32, LanguageModel = LanguageModelCatalog.All.Component("llama", new LlamaOptions { Architecture = Sizes }) }, CPU, 1);
        var weights = Shapes.Select(shape => randn(shape.Out, shape.In)).ToArray();
        var parameters = Shapes.Sum(shape => (long)shape.In * shape.Out) * Sizes.NumHiddenLayers;
        var operations = 4.0 * parameters * Rows * Length;
        var rounds = Enumerable.Range(0, 1 + (isQuick ? 4 : Rounds)).Select(_ =>
        {
            var whole = Seconds(() => Products(weights, Rows));
            var parts = Seconds(() => Each(workers, () => Products(weights, Rows / threads)));
            return (Products: Math.Min(whole, parts), Model: Seconds(() => Each(workers, () => ForwardAndBackward(model.LanguageModel, Rows / threads))));
        }).Skip(1).ToArray();
        var (peak, rate) = (operations / Timing.MedianOf(rounds.Select(round => round.Products)) / 1e9, operations / Timing.MedianOf(rounds.Select(round => round.Model)) / 1e9);
        var share = Timing.MedianOf(rounds.Select(round => round.Products / round.Model));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{"matrix products alone, GFLOP/s",-44} {peak,10:F0}   fp32, at the model's own shapes, forward and backward"));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{"language model, useful GFLOP/s",-44} {rate,10:F0}   {parameters / 1e6:F0} M parameters, {Rows * Length} tokens"));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{"its share",-44} {share,10:P0}"));
        return new Dictionary<string, double>(StringComparer.Ordinal) { ["gemm_gflops"] = peak, ["gemm_share"] = share };
    }

    /// <summary>y = x Wᵀ and dx = g W for each matrix of each layer.</summary>
    private static void Products(Tensor[] weights, int rows)
    {
        using var scope = NewDisposeScope();
        var inputs = weights.Select(weight => weight.shape[1]).Distinct().ToDictionary(width => width, width => ones(rows * Length, width));
        for (var layer = 0; layer < Sizes.NumHiddenLayers; layer++)
        {
            foreach (var weight in weights)
            {
                using var y = nn.functional.linear(inputs[weight.shape[1]], weight);
                using var gradient = y.mm(weight);
            }
        }
    }

    private static void ForwardAndBackward(ILanguageModel model, int rows)
    {
        using var scope = NewDisposeScope();
        var embeddings = ones(rows, Length, Sizes.HiddenSize).mul(0.1).requires_grad_();
        model.Decode(embeddings, new DecoderInput()).sum().backward();
    }

    /// <summary>The same on each thread at once, as training takes a batch's parts (<c>train.parallel_parts</c>).</summary>
    private static void Each(WorkerThreads workers, Action body) => workers.Run(() =>
    {
        set_num_threads(1);
        body();
    });

    private static double Seconds(Action body)
    {
        var started = Stopwatch.GetTimestamp();
        body();
        return Stopwatch.GetElapsedTime(started).TotalSeconds;
    }
}
