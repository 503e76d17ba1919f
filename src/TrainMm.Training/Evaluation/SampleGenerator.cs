using TrainMm.Core.Diagnostics;
using TrainMm.Data;
using TrainMm.Models;
using TrainMm.Models.LanguageModels.Generation;
using TrainMm.Training.Loop;

namespace TrainMm.Training.Evaluation;

/// <summary>Answers of the model to samples of a data set, greedily decoded, with the media to look at: those that were asked about, and those that the answers make.</summary>
/// <param name="answers">Lets the model answer.</param>
/// <param name="data">The data set.</param>
/// <param name="options">How long answers may be, and how many have their media made.</param>
/// <param name="maker">Makes the media that answers ask for; null where the model makes none.</param>
internal sealed class SampleGenerator(AnswerGenerator answers, OpenDataSet data, GeneratedSamplesOptions options, MediaMaker? maker)
{
    /// <summary>Answers the first question of each sample.</summary>
    /// <param name="samples">Indices of the samples.</param>
    /// <param name="split">What to call the samples' split where they do not say it.</param>
    public IReadOnlyList<GeneratedSample> Generate(IReadOnlyList<int> samples, string split)
    {
        if (samples.Count == 0) return [];
        using var prompts = data.Batches.LoadPrompts(samples);
        var said = answers.Generate(prompts, new GenerationOptions { MaxNewTokens = options.MaxNewTokens });
        var described = samples.Select((index, i) => Describe(data.Source.Read(index), split, said[i].Text));
        return maker is null ? [.. described] : [.. described.Select((sample, i) => i < options.Media ? WithMedia(sample, samples[i], said[i].Ids, maker) : sample)];
    }

    private GeneratedSample WithMedia(GeneratedSample sample, int index, int[] answer, MediaMaker making)
    {
        var made = Make(index, answer, making);
        return sample with { Made = made.Length == 0 && sample.Expectations.Count > 0 ? [new ShownMedium("", "nothing, for the answer does not ask for it", Content: null)] : made };
    }

    /// <summary>What an answer asks for; where it cannot be made, the reason stands in its place, so that the run's report does not fail for it.</summary>
    private ShownMedium[] Make(int sample, int[] answer, MediaMaker making)
    {
        try
        {
            using var prompt = data.Batches.LoadPrompts([sample]);
            return [.. making.Make(prompt, answer, new SamplingOptions()).Select(medium => new ShownMedium(medium.Modality, "", DataUri.Of(medium.Content)))];
        }
        catch (DataException fault)
        {
            return [new ShownMedium("", fault.Message, Content: null)];
        }
    }

    private GeneratedSample Describe(Sample sample, string split, string answer)
    {
        var media = sample.Media.ToArray();
        var question = sample.Turns.Last(turn => turn.Speaker == Speaker.User).Parts.OfType<TextPart>();
        return new GeneratedSample(
            sample.Id,
            sample.Attributes.GetValueOrDefault("split", split),
            string.Concat(question.Select(part => part.Text)).Trim(),
            Retrieval.TextOf(sample).Trim(),
            answer,
            [.. media.Select(medium => DataUri.Of(data.Source.ReadMedium(medium)))],
            [.. media.Select(medium => medium.Path)])
        {
            Expectations = [.. sample.Turns.Last(turn => turn.Speaker == Speaker.Assistant).Parts.OfType<SignalPart>().Select(part => new ShownMedium(part.Modality, part.Caption, part.Target is { } target ? DataUri.Of(data.Source.ReadMedium(target)) : null))],
        };
    }
}
