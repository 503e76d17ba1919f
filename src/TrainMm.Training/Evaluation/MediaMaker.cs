using TorchSharp;
using TrainMm.Core;
using TrainMm.Core.Diagnostics;
using TrainMm.Models;
using TrainMm.Models.LanguageModels;
using TrainMm.Training.Loop;

namespace TrainMm.Training.Evaluation;

/// <summary>
/// Makes the media that an answer's signal tokens ask for: the language model goes over the answer once more, and the states at the tokens become the generator's condition.
/// To keep the states while the answer is written would mean those of every token, on the chance that one is a signal, and of every layer that a projector may read; going over it again
/// costs less than one of the generator's steps, and the states come about as they did in training.
/// </summary>
/// <param name="model">The model.</param>
/// <param name="data">Tokenizers.</param>
internal sealed class MediaMaker(MultimodalModel model, DataAssembly data)
{
    /// <summary>One for a model; null where it makes no media.</summary>
    public static MediaMaker? For(MultimodalModel model, DataAssembly data) => model.Outputs.Count == 0 ? null : new MediaMaker(model, data);

    /// <summary>Makes them in their order; a modality's tokens count where they stand whole and in order.</summary>
    /// <param name="prompt">The prompt, one sample.</param>
    /// <param name="answer">The answer's ids.</param>
    /// <param name="sampling">How they are drawn; what it does not say is the configuration's to say.</param>
    /// <exception cref="DataException">The sampler cannot take so many steps, or a video cannot be written.</exception>
    public IEnumerable<MadeMedium> Make(Batch prompt, IReadOnlyList<int> answer, SamplingOptions sampling)
    {
        foreach (var (i, (modality, start)) in Asked(answer).Index())
        {
            var path = model.Outputs[modality];
            var chosen = sampling.Or(path.Sampling);
            if (chosen.Steps > path.Generator.Sampler.MostSteps) throw new DataException($"{chosen.Steps} steps are asked for, and the process of the {modality} generator has {path.Generator.Sampler.MostSteps}.");
            MadeMedium.Check(path.Generator);
            yield return Make(modality, path, prompt, answer, start, chosen, i);
        }
    }

    /// <summary>Where the whole rows of signal tokens begin, in the answer's order.</summary>
    private IEnumerable<(string Modality, int Start)> Asked(IReadOnlyList<int> answer) =>
        from start in Enumerable.Range(0, answer.Count)
        from modality in model.Outputs.Keys
        let tokens = data.Tokenizer.SignalIds[modality]
        where answer.Skip(start).Take(tokens.Length).SequenceEqual(tokens)
        select (modality, start);

    private MadeMedium Make(string modality, OutputPath path, Batch prompt, IReadOnlyList<int> answer, int start, SamplingOptions sampling, int ordinal)
    {
        using var scope = torch.NewDisposeScope();
        using var guard = torch.no_grad();
        var tokens = data.Tokenizer.SignalIds[modality];
        var first = prompt.Ids.shape[1] + start - (path.States == SignalStates.Foretelling ? 1 : 0);
        var places = torch.arange(first, first + tokens.Length, torch.int64, device: model.Device);
        var end = model.LanguageModel.Spec.Layers;
        var below = new LayerStates(path.Layers.Where(layer => layer < end), places);
        var last = model.Hidden(Continued(prompt, answer).To(model.Device), places, observe: below.Observe);       // [S, D]
        torch.Tensor[] states = [.. path.Layers.Select(layer => (layer == end ? last : below[layer]).unsqueeze(0))]; // [1, S, D] each
        var ids = torch.tensor(tokens.Select(id => (long)id).ToArray(), device: model.Device).unsqueeze(0);        // [1, S]
        var embedded = model.LanguageModel.Embed(ids);                                                             // [1, S, D]
        var condition = path.Project(states, embedded);                                                            // [1, C, Dg]
        var negative = path.Negative(embedded, torch.tensor(data.EmptyCaptionOf(modality), device: model.Device).unsqueeze(0)); // [1, C, Dg]
        var sample = path.Generator.Sample(new(condition, [unchecked(sampling.Seed!.Value + ordinal)], sampling.Steps!.Value, sampling.GuidanceScale!.Value, negative));
        return MadeMedium.Of(path.Generator, sample.squeeze(0));
    }

    /// <summary>The prompt with its answer behind it, which a model with a prefix takes for an answer.</summary>
    private static Batch Continued(Batch prompt, IReadOnlyList<int> answer)
    {
        var ids = torch.tensor(answer.Select(id => (long)id).ToArray()).unsqueeze(0);                              // [1, A]
        var length = prompt.Ids.shape[1];
        return prompt with
        {
            Ids = torch.cat([prompt.Ids, ids], 1),
            Labels = torch.cat([prompt.Labels, ids], 1),
            AttentionMask = torch.cat([prompt.AttentionMask, torch.ones_like(ids, torch.@bool)], 1),
            Positions = torch.cat([prompt.Positions, torch.arange(length, length + answer.Count, torch.int64).unsqueeze(0)], 1),
            MediaMask = prompt.MediaMask is null ? null : torch.cat([prompt.MediaMask, torch.zeros_like(ids, torch.@bool)], 1),
            SupervisedTokens = answer.Count,
        };
    }
}
